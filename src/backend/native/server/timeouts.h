/* Time limits of many connections at the cost of a list move. Every connection is in exactly one class; a class has one
 * limit, so that its list is in the order in which its members are due, and the earliest head is all a timer must
 * know. */
#ifndef MOCKET_NATIVE_SERVER_TIMEOUTS_H
#define MOCKET_NATIVE_SERVER_TIMEOUTS_H

#include <stdbool.h>
#include <stdint.h>

#include "../../../base/deadline.h"

enum mocket_timeout_class {
    MOCKET_TIMEOUT_NONE, /* a handler works: no limit of ours */
    MOCKET_TIMEOUT_HANDSHAKE,
    MOCKET_TIMEOUT_IDLE,
    MOCKET_TIMEOUT_HEAD,
    MOCKET_TIMEOUT_BODY,
    MOCKET_TIMEOUT_WRITE,
    MOCKET_TIMEOUT_SOCKET,  /* half of the silence that a WebSocket may keep */
    MOCKET_TIMEOUT_CLOSING, /* its close frame is waited for */
    MOCKET_TIMEOUT_LINGER,  /* looked at a few times: silence and a whole are limited (connection.c) */
    MOCKET_TIMEOUT_COUNT
};

/* A member; the heads of the lists are made of it too. */
struct mocket_timeout {
    struct mocket_timeout *prev, *next;
    uint64_t due_ms;
    enum mocket_timeout_class class;
};

struct mocket_timeouts {
    struct mocket_timeout heads[MOCKET_TIMEOUT_COUNT];
    int64_t limit_ms[MOCKET_TIMEOUT_COUNT]; /* below zero: none */
};

/* limit_ms is the caller's to fill in. */
void mocket__timeouts_init(struct mocket_timeouts *t);

/* Puts a member, new if its next is NULL, into a class, its limit beginning now. Returns when it is due: always later
 * than now. */
uint64_t mocket__timeouts_set(struct mocket_timeouts *t, struct mocket_timeout *m, enum mocket_timeout_class class,
                              uint64_t now_ms);
void mocket__timeouts_remove(struct mocket_timeout *m);
/* Gives a class another limit, which begins now for all of its members. */
void mocket__timeouts_change(struct mocket_timeouts *t, enum mocket_timeout_class class, int64_t limit_ms,
                             uint64_t now_ms);

/* The first member of a class, or NULL. */
struct mocket_timeout *mocket__timeouts_first(struct mocket_timeouts *t, enum mocket_timeout_class class);
/* A member that is due, or NULL. */
struct mocket_timeout *mocket__timeouts_due(struct mocket_timeouts *t, uint64_t now_ms);
/* Calls fn for each member. fn may remove the member, and no other. */
void mocket__timeouts_each(struct mocket_timeouts *t, void (*fn)(struct mocket_timeout *m));
/* When the next member is due, or MOCKET_NEVER. */
uint64_t mocket__timeouts_next(const struct mocket_timeouts *t);

#endif
