/* Who listens to what, and messages to all of them.
 *
 * Each worker has a table of its own sockets' subscriptions, which no other thread looks at, and a mailbox, which any
 * thread puts messages into. A message is encoded once, whoever gets it. */
#ifndef MOCKET_NATIVE_TOPICS_H
#define MOCKET_NATIVE_TOPICS_H

#include <mocket.h>
#include <stdatomic.h>

#include "../../base/account.h"
#include "../../base/list.h"
#include "../../base/siphash.h"
#include "../../wire/ws_codec.h"

#define MOCKET_MAILBOX_MAX (UINT64_C(64) << 20) /* bytes that wait for a worker */

/* What a mailbox holds of a message. */
struct mocket_mail {
    struct mocket_mail *next;
    struct mocket_published *message;
    uint64_t ticket;
};

/* A message as a frame; shared, read only, freed with the last reference. */
struct mocket_published {
    atomic_size_t refs;
    mocket_span topic;
    mocket_span frame;
    size_t payload_len;
    struct mocket_account *account; /* it was charged to; NULL: to none */
    struct mocket_mail mails[];     /* one for each worker that may get it */
};

/* One socket's subscriptions. Zeroed is ready to use. */
struct mocket_subscriber {
    struct mocket_list subscriptions;
    size_t count, names_len;
};

struct mocket_topic;
struct mocket_topics {
    /* any thread: */
    _Atomic(struct mocket_mail *) mails; /* the last one first */
    atomic_uint_fast64_t mail_len;
    atomic_uint_fast64_t ticket;
    atomic_size_t subscription_count;
    /* the worker's own: */
    struct mocket_mail *taken; /* out of the mailbox, not delivered yet; the first one first */
    struct mocket_topic **buckets;
    size_t bucket_count, topic_count;
    struct mocket_siphash_key
        key;                  /* clients may have a say in topics, and shall not choose ones that meet in a bucket */
    struct mocket_till *till; /* subscriptions and topics are charged to it; NULL: to nobody. Set after init */
};

/* 0 or MOCKET_EIO. */
int mocket__topics_init(struct mocket_topics *t);
/* Nobody is subscribed any more; mail that is left is dropped. */
void mocket__topics_release(struct mocket_topics *t);

/* 0, MOCKET_ELIMIT, MOCKET_ENOMEM. Twice is fine. A subscriber gets what is published from now on. */
int mocket__topics_subscribe(struct mocket_topics *t, struct mocket_subscriber *s, mocket_span topic);
void mocket__topics_unsubscribe(struct mocket_topics *t, struct mocket_subscriber *s, mocket_span topic);
/* From everything. */
void mocket__topics_leave(struct mocket_topics *t, struct mocket_subscriber *s);

/* Any thread. A message for up to worker_count mailboxes, with one reference, the caller's. NULL: no memory. */
struct mocket_published *mocket__published_new(mocket_span topic, int kind, mocket_span data, size_t worker_count);
/* Charges it, until it is freed. False: no more may be held. */
bool mocket__published_charge(struct mocket_published *p, struct mocket_account *account);
void mocket__published_keep(struct mocket_published *p);
void mocket__published_release(struct mocket_published *p);

/* Any thread. Room for the message in a mailbox; false: it is full. What was reserved is posted or given back. */
bool mocket__topics_reserve(struct mocket_topics *t, const struct mocket_published *p);
void mocket__topics_unreserve(struct mocket_topics *t, const struct mocket_published *p);
/* mail: one of the message's, which nobody else uses. */
void mocket__topics_post(struct mocket_topics *t, struct mocket_published *p, struct mocket_mail *mail);
/* Is anybody subscribed to anything? */
static inline bool mocket__topics_wanted(struct mocket_topics *t)
{
    return atomic_load(&t->subscription_count) > 0;
}

/* The worker: is there mail? */
static inline bool mocket__topics_have_mail(struct mocket_topics *t)
{
    return t->taken || atomic_load_explicit(&t->mails, memory_order_relaxed);
}
/* Delivers mail: deliver is called for each subscriber of each message, in the order in which they were posted. It must
 * not subscribe or unsubscribe anybody. Ends with the message that completes a portion: there may be more. */
#define MOCKET_MAIL_PORTION 4096
void mocket__topics_deliver(struct mocket_topics *t,
                            void (*deliver)(struct mocket_subscriber *s, struct mocket_published *p));

#endif
