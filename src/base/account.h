/* What a process holds for clients and guests, in bytes: an account with one limit, and a till for each thread.
 *
 * A holder takes the bytes that it allocates from the till of its thread, and gives them back when it frees them. A
 * till borrows from the account in pieces of MOCKET_ACCOUNT_PIECE and keeps a little in hand, so that charging is an
 * addition, and threads seldom meet. */
#ifndef MOCKET_BASE_ACCOUNT_H
#define MOCKET_BASE_ACCOUNT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define MOCKET_ACCOUNT_PIECE 262144u
#define MOCKET_ACCOUNT_SMALL 16384u            /* the largest charge that may use the reserve */
#define MOCKET_ACCOUNT_RESERVE_SHARE 16u       /* of the limit, one part in so many, */
#define MOCKET_ACCOUNT_RESERVE_MAX (64u << 20) /* and at most this many bytes */

/* Part; name; may small charges of it use the reserve; what it counts. */
#define MOCKET_ACCOUNT_PARTS(X)                                                                                        \
    X(REQUESTS, requests, true, "Bytes held for heads and bodies of requests")                                         \
    X(ANSWERS, answers, true, "Bytes held for answers that clients have not taken yet")                                \
    X(SOCKETS, websockets, false, "Bytes held for WebSocket messages that wait for a handler or a client")             \
    X(PUBLISHED, published, false, "Bytes held for published messages")                                                \
    X(TOPICS, topics, false, "Bytes held for subscriptions and topics")                                                \
    X(OUTGOING, outgoing, false, "Bytes held for requests to other servers and their responses")                       \
    X(INSTANCES, instances, false, "Bytes held for memories and stacks of instances")                                  \
    X(PROCESS, process, false, "Bytes that the process had when it began to serve")

enum mocket_charge {
#define MOCKET_CHARGE_INDEX(id, name, reserve, text) MOCKET_CHARGE_##id,
    MOCKET_ACCOUNT_PARTS(MOCKET_CHARGE_INDEX)
#undef MOCKET_CHARGE_INDEX
        MOCKET_CHARGE_COUNT
};

struct mocket_account {
    atomic_uint_fast64_t borrowed;  /* by all tills */
    atomic_uint_fast64_t published; /* the part that belongs to no thread */
    atomic_uint_fast64_t refusals;
    uint64_t limit, reserve;
    _Atomic(struct mocket_till *) tills;
};

/* Of one thread. */
struct mocket_till {
    struct mocket_account *account;
    struct mocket_till *next;
    uint64_t borrowed, used;                         /* used is never more */
    atomic_uint_fast64_t parts[MOCKET_CHARGE_COUNT]; /* written by its thread, read by any */
};

/* A zeroed account without tills becomes one of this limit. */
void mocket__account_init(struct mocket_account *a, uint64_t limit);
/* Frees the tills: nobody may use any of them afterwards. */
void mocket__account_release(struct mocket_account *a);

/* Any thread. A till that lives as long as its account; account NULL, or no memory: NULL, which counts nothing. */
struct mocket_till *mocket__account_till(struct mocket_account *a);

/* The till's thread. False: the limit is reached, nothing was charged. till NULL: true. */
bool mocket__till_take(struct mocket_till *t, enum mocket_charge part, uint64_t bytes);
/* The same for what exists already: never refused. */
void mocket__till_owe(struct mocket_till *t, enum mocket_charge part, uint64_t bytes);
void mocket__till_give(struct mocket_till *t, enum mocket_charge part, uint64_t bytes);
/* What is kept in hand goes back to the account. */
void mocket__till_close(struct mocket_till *t);

/* Any thread, for MOCKET_CHARGE_PUBLISHED. account NULL: true. */
bool mocket__account_take(struct mocket_account *a, uint64_t bytes);
void mocket__account_give(struct mocket_account *a, uint64_t bytes);

/* Any thread: bytes of a part; of all parts; how often the limit refused a charge. */
uint64_t mocket__account_part(struct mocket_account *a, enum mocket_charge part);
uint64_t mocket__account_held(struct mocket_account *a);
uint64_t mocket__account_refusals(struct mocket_account *a);

#endif
