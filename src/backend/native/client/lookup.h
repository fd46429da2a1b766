/* Lookups of server names, for one pool. getaddrinfo blocks and cannot be cancelled, so each lookup that runs has a
 * thread. Threads are few; names beyond them wait in a queue. Exchanges that ask for the same name share one lookup.
 *
 *                   a thread is free             the thread is done
 *     ask --> QUEUED ---------------> RUNNING --+------------------> KNOWN ---- 60 s, or 256 newer names --> freed
 *               |                               +------------------> FAILED --- 1 s, or 256 newer names ---> freed
 *               +--> freed: the last asker left
 *
 * A lookup that runs keeps its thread until it is done, even when every asker has left. All functions are called on the
 * loop's thread. */
#ifndef MOCKET_NATIVE_CLIENT_LOOKUP_H
#define MOCKET_NATIVE_CLIENT_LOOKUP_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "../../../base/list.h"
#include "../../../base/span.h"

#define MOCKET_LOOKUPS_RUNNING 16u
#define MOCKET_LOOKUPS_QUEUED 1024u
#define MOCKET_LOOKUPS_KEPT 256u /* names whose result is remembered */
#define MOCKET_LOOKUP_KNOWN_MS 60000u
#define MOCKET_LOOKUP_FAILED_MS 1000u
#define MOCKET_LOOKUP_NAME_MAX 253u /* bytes of a name: RFC 1035, section 3.1, as text */

struct mocket_lookups;
struct mocket_lookup;

struct mocket_lookup_result {
    int code;              /* 0, MOCKET_EIO or MOCKET_ENOMEM */
    const char *addresses; /* code 0: "192.0.2.1,[2001:db8::1]" */
    const char *reason;    /* otherwise: in words */
};

/* A part of the exchange that asks. */
struct mocket_asker {
    struct mocket_lookup *lookup; /* NULL: waits for none */
    struct mocket_link link;
    uint64_t owner; /* for whom the exchange runs; no two owners have had the same number */
    /* Called from the loop, once; the asker does not wait then. Must not call this header, except for
     * mocket__lookup_leave. */
    void (*done)(struct mocket_asker *asker, const struct mocket_lookup_result *result);
};

/* NULL: no memory. closed(data): the loop has let go of the handle, after mocket__lookups_free. */
struct mocket_lookups *mocket__lookups_new(uv_loop_t *loop, void (*closed)(void *data), void *data);
/* No asker may wait any longer. Threads that still run free their lookups themselves. */
void mocket__lookups_free(struct mocket_lookups *l);

/* Called with 1 for each lookup that begins to wait or run, and with -1 for each that is over. */
void mocket__lookups_watch(struct mocket_lookups *l, void (*counted)(void *data, int change), void *data);

/* 0: *result is there at once, and valid until the next call. MOCKET_EAGAIN: asker->done will be called. MOCKET_ELIMIT:
 * the queue has no place for this owner. MOCKET_ENOMEM.
 *
 * An owner gets a thread only while it has fewer than three times as many as are free: alone it has 12 of 16, and there
 * is nearly always one for the next owner. Likewise an owner gets a place in the queue only while it has fewer than
 * half as many as are free: 342 when it is alone. */
int mocket__lookup_ask(struct mocket_lookups *l, mocket_span name, struct mocket_asker *asker,
                       struct mocket_lookup_result *result);
/* The asker stops waiting. May be called if it does not wait. */
void mocket__lookup_leave(struct mocket_asker *asker);

/* Asserts what must be true between two calls. For tests: it is slow. */
void mocket__lookups_check(const struct mocket_lookups *l);

#endif
