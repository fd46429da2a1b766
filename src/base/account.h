/* The memory that a process holds for clients and guests, in bytes: an account with one limit, and a till for each
 * thread.
 *
 * Code that allocates memory takes its bytes from the till of the thread, and gives them back when it frees the memory.
 * A till borrows from the account in pieces of MOCKET_ACCOUNT_PIECE and keeps some in hand. So charging is an addition,
 * and threads seldom touch the account at the same time. */
#ifndef MOCKET_BASE_ACCOUNT_H
#define MOCKET_BASE_ACCOUNT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define MOCKET_ACCOUNT_PIECE 262144u
#define MOCKET_ACCOUNT_SMALL 16384u            /* the largest charge that may use the reserve */
#define MOCKET_ACCOUNT_RESERVE_SHARE 16u       /* of the limit, one part in so many, */
#define MOCKET_ACCOUNT_RESERVE_MAX (64u << 20) /* and at most this many bytes */

/* Rows: part; name; whether small charges may use the reserve; the description. */
#define MOCKET_ACCOUNT_PARTS(X)                                                                                        \
    X(REQUESTS, requests, true, "Bytes held for heads and bodies of requests")                                         \
    X(ANSWERS, answers, true, "Bytes held for answers that clients have not taken yet")                                \
    X(SOCKETS, websockets, false, "Bytes held for WebSocket messages that wait for a handler or a client")             \
    X(PUBLISHED, published, false, "Bytes held for published messages")                                                \
    X(TOPICS, topics, false, "Bytes held for subscriptions and topics")                                                \
    X(TLS, tls, false, "Bytes held for TLS connections, beside requests and answers")                                  \
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
    atomic_uint_fast64_t borrowed;  /* the sum of all tills */
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

/* Initializes a zeroed account with this limit. */
void mocket__account_init(struct mocket_account *a, uint64_t limit);
/* Frees the tills, which must not be used afterwards. */
void mocket__account_release(struct mocket_account *a);

/* Makes a till that lives as long as its account. Any thread may call this. Returns NULL if the account is NULL or when
 * out of memory; a NULL till counts nothing. */
struct mocket_till *mocket__account_till(struct mocket_account *a);

/* Charges bytes to a till. Only the till's thread may call this. Returns false if the limit is reached; nothing was
 * charged then. Returns true if till is NULL. */
bool mocket__till_take(struct mocket_till *t, enum mocket_charge part, uint64_t bytes);
/* The same for memory that exists already. Never refused. */
void mocket__till_owe(struct mocket_till *t, enum mocket_charge part, uint64_t bytes);
void mocket__till_give(struct mocket_till *t, enum mocket_charge part, uint64_t bytes);
/* Asserts that the parts come to what is used, and that this was borrowed. The till's thread. For tests. */
void mocket__till_check(const struct mocket_till *t);
/* Returns the bytes that the till keeps in hand to the account. */
void mocket__till_close(struct mocket_till *t);

/* Charge the account itself, as MOCKET_CHARGE_PUBLISHED. Any thread may call these. The first returns true if the
 * account is NULL. */
bool mocket__account_take(struct mocket_account *a, uint64_t bytes);
void mocket__account_give(struct mocket_account *a, uint64_t bytes);

/* Return the bytes of a part; of all parts; how often the limit refused a charge. Any thread may call these. */
uint64_t mocket__account_part(struct mocket_account *a, enum mocket_charge part);
uint64_t mocket__account_held(struct mocket_account *a);
uint64_t mocket__account_refusals(struct mocket_account *a);

#endif
