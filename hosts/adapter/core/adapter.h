/* An adapter is a host of docs/abi.md that is WebAssembly itself: it stands between an app and a platform that runs
 * WebAssembly but does not know our ABI (wasi:http, CGI, Fastly, wasi:sockets). The core is everything that does not
 * depend on the platform. A platform is a port: the functions of port.h, defined in the port's own file. The app's
 * exports and memory are reached through app.h.
 *
 * The core is freestanding C: no libc but the functions of libc.c, no function pointers, no memory but what port_grow
 * gives. All state hangs off one struct adapter. The only mutable static is the pointer to it (adapter.c), because
 * imports of the app have no argument for it.
 *
 * How a port uses the core, if it serves one request at a time:
 *
 *     adapter_open(&a);                           once: runs _initialize and the app's start
 *     x = adapter_exchange_new(a, port_data);     for each request; fills x->message, texts live in x->arena
 *     adapter_serve(x);                           returns when the answer is complete, or was refused
 *     adapter_exchange_free(x);
 *
 * A port that serves many at once calls adapter_submit(x) for each request, and adapter_turn(a, true) in a loop. A turn
 * enters the app for one thing that is due: a request, or the end of an operation. If nothing is due it waits, once, by
 * port_wait. While a handler of an app in direct style waits, port_wait is called below adapter_turn. It must not call
 * the core then. It may accept connections and read requests, for which adapter_submit is called later. */
#ifndef MOCKET_HOSTS_ADAPTER_CORE_ADAPTER_H
#define MOCKET_HOSTS_ADAPTER_CORE_ADAPTER_H

#include "../../../src/base/buf.h"
#include "../../../src/base/escape.h"
#include "../../../src/base/list.h"
#include "../../../src/http/message.h"
#include "../../c/guest/handle.h"

/* ---- Owners (docs/abi.md, section 3): part of what owns ---- */

struct adapter_operation;
struct adapter_outgoing;

struct adapter_owner {
    int32_t number; /* its handle; 0: the instance */
    int death;      /* MOCKET_ECLOSED or MOCKET_ETIMEDOUT: its waits end with this code; 0: alive */
    struct adapter_operation *operations;
    uint32_t operation_count;
    struct mocket_list outgoing; /* requests and their responses: struct adapter_outgoing */
    uint32_t outgoing_count;
};

/* ---- A body that is still being read: bytes that arrived and that the guest has not taken ---- */

struct adapter_source {
    struct mocket_buf bytes;
    size_t taken; /* of bytes */
    bool ended;   /* no more bytes follow */
    int error;    /* behind the bytes; 0: none */
    int64_t left; /* that may still arrive before MOCKET_ETOOBIG; -1: no limit */
    int64_t due;  /* of the length that the sender declared; -1: none was declared */
};

/* ---- One request and its answer ----
 *
 *     COLLECTING -> DUE -> CALLED -> RETURNED -> OVER
 *          \----------------------------------^        the core answered: 413, 400, 408, 405
 *
 *     the answer:  NONE -> BEGUN -> COMPLETE
 *                    \        \---> CUT
 *                     \-> REFUSED (the core answered)                                                             */

enum adapter_call { ADAPTER_COLLECTING, ADAPTER_DUE, ADAPTER_CALLED, ADAPTER_RETURNED, ADAPTER_OVER };
enum adapter_answer_state { ADAPTER_NONE, ADAPTER_BEGUN, ADAPTER_COMPLETE, ADAPTER_CUT, ADAPTER_REFUSED };

struct adapter_exchange {
    /* The port fills these between adapter_exchange_new and adapter_serve or adapter_submit: */
    void *port;
    struct mocket_arena arena;     /* of message and answer, freed with the exchange */
    struct mocket_message message; /* body_len: 0 none, -1 unknown; a length is what the client declared. Fields may
                                      contain hop-by-hop fields, which the core drops */
    bool fields_later;             /* fields and peer are not in the message yet: port_fields adds them when needed */
    bool left;                     /* set by the port in port_wait: the client left, as by adapter_gone */
    /* The core's: */
    struct adapter *adapter;
    struct adapter_exchange *next;
    struct adapter_owner owner;
    enum adapter_call call;
    enum adapter_answer_state answer;
    struct adapter_source body;
    bool streams;         /* the guest reads the body itself */
    bool discard;         /* the answer has no body, whatever the guest writes */
    bool reading;         /* the app waits for the body */
    bool gone_due;        /* mocket_gone is to be called */
    bool is_short;        /* an answer was refused for want of memory */
    unsigned tries;       /* of respond and respond_begin */
    int64_t to_send;      /* bytes of a declared length that are still to be written; -1: none was declared */
    uint64_t deadline_ns; /* MOCKET_NEVER: none */
};

/* ---- The instance ---- */

enum adapter_state {
    ADAPTER_LOADING, /* the app's start section may run */
    ADAPTER_STARTING,
    ADAPTER_IDLE,    /* no export of the app runs */
    ADAPTER_RUNNING, /* an export runs, or is suspended in await */
    ADAPTER_BROKEN   /* the start failed, or the app may not be entered again; requests are answered 500 or 503 */
};

/* What the app said by `option` and `listen`. */
struct adapter_declaration {
    bool listening, streams, body_errors, on_demand;
    uint32_t reuse;    /* enum mocket_reuse */
    int64_t max_body;  /* MOCKET_UNLIMITED: none */
    char address[256]; /* "" if it named none */
};

struct adapter {
    enum adapter_state state;
    uint32_t traits; /* app_traits */
    struct adapter_declaration declared;
    struct mocket_till *till; /* heads and bodies are charged to it; NULL: the port counts no memory */
    struct guest_handles handles;
    struct adapter_owner owner;                   /* of handle 0 */
    struct adapter_exchange *exchanges;           /* all that are not over, the newest last */
    struct adapter_exchange *current;             /* whose mocket_handle runs or is suspended */
    const struct adapter_exchange *only;          /* set by the port: no other request enters the app now; NULL: any */
    struct adapter_operation *ended, **ended_end; /* that wait for mocket_done, in the order of their ends */
    uint32_t outgoing_count;
    uint64_t served;
    struct mocket_buf waits;    /* rows for port_wait */
    struct mocket_buf lines[3]; /* unfinished lines of the app's descriptors 1 and 2, and of println */
    uint16_t high_surrogate;    /* of println */
    const char *running;        /* name of the export that runs */
    /* log.c: */
    uint64_t log_since_ns; /* begin of the second that is counted */
    uint64_t log_dropped;
    int64_t log_lines, log_bytes; /* that may still be written in it */
    char log_room[MOCKET_LOG_LINE + sizeof MOCKET_LOG_CUT];
    char write_room[512]; /* of preview1.c, for a piece of what the app writes */
};

/* Runs the start section, _initialize and the app's start, the first time. Returns NULL if there is no memory. A start
 * that fails is logged; the adapter is BROKEN then, and every request is answered 500. */
struct adapter *adapter_open(void);
/* The adapter. The app's start section may be the first that needs it. */
struct adapter *adapter_here(void);

/* NULL: no memory. */
struct adapter_exchange *adapter_exchange_new(struct adapter *a, void *port);
/* The exchange is over, or was never submitted. Not to be called below port_close: the core still looks at it. */
void adapter_exchange_free(struct adapter_exchange *x);

/* Passes the request to the app as soon as its turn comes. */
void adapter_submit(struct adapter_exchange *x);
/* Does one thing that is due. If nothing is due, looks by port_wait whether something has come to its end, and waits
 * for that if `block` is set. Returns whether the next turn may have something to do at once. */
bool adapter_turn(struct adapter *a, bool block);
/* When port_wait would end for what the request waits for, and for what the instance itself waits for; MOCKET_NEVER. A
 * port that returns to its platform instead of blocking asks to be called again by then. */
uint64_t adapter_exchange_until(const struct adapter_exchange *x);
uint64_t adapter_instance_until(const struct adapter *a);
/* adapter_submit, then turns until the request is over. */
void adapter_serve(struct adapter_exchange *x);
static inline bool adapter_is_over(const struct adapter_exchange *x)
{
    return x->call == ADAPTER_OVER;
}
/* The client of the request left. A port calls it when it notices that by itself, but sets x->left in port_wait; a
 * negative result of port_write or port_read has the same effect. */
void adapter_gone(struct adapter_exchange *x);

#endif
