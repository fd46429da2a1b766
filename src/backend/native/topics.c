/* Publishing must neither wait nor be done twice, so a message is put into the mailboxes of the workers, which is one
 * exchange of a pointer each, and each worker brings it to its own sockets. That goes for the publisher's own worker
 * too: otherwise two messages of one sender could pass each other.
 *
 * The mailbox is a stack that the worker takes as a whole and turns round, which gives the order in which messages were
 * put in. What stands in it is counted in bytes before it is put in, so that a publisher can be refused before anybody
 * got the message.
 *
 * Tickets tell a subscriber what was published before it subscribed: a mailbox counts what is put into it, a
 * subscription remembers the count. */
#include "topics.h"

#include <assert.h>
#include <string.h>
#include <sys/random.h>

#include "../../base/memory.h"
#include "../../base/span.h"
#include "../../core/socket.h"

#define BUCKETS_MIN 64
#define HEAP_HEAD 16 /* of an allocation, about */

struct mocket_topic {
    struct mocket_topic *next; /* of the bucket */
    uint64_t hash;
    struct mocket_list subscriptions; /* by topic_link */
    size_t name_len;
    char name[];
};

struct mocket_subscription {
    struct mocket_topic *topic;
    struct mocket_subscriber *subscriber;
    struct mocket_link topic_link, subscriber_link;
    uint64_t ticket;
};

/* ---- the table ---- */

static mocket_span name_of(const struct mocket_topic *topic)
{
    return (mocket_span){ topic->name, topic->name_len };
}

/* Where a topic hangs, or where a new one would. There are buckets. */
static struct mocket_topic **find(struct mocket_topics *t, uint64_t hash, mocket_span name)
{
    struct mocket_topic **at = &t->buckets[hash & (t->bucket_count - 1)];
    while (*at && ((*at)->hash != hash || !mocket__span_eq(name_of(*at), name)))
        at = &(*at)->next;
    return at;
}

static bool grow(struct mocket_topics *t)
{
    size_t count = t->bucket_count > 0 ? t->bucket_count * 2 : BUCKETS_MIN;
    struct mocket_topic **buckets = mocket__new(count * sizeof(struct mocket_topic *)), *next;
    if (!buckets)
        return t->bucket_count > 0; /* longer chains then */
    for (size_t i = 0; i < t->bucket_count; i++)
        for (struct mocket_topic *topic = t->buckets[i]; topic; topic = next) {
            struct mocket_topic **bucket = &buckets[topic->hash & (count - 1)];
            next = topic->next;
            topic->next = *bucket;
            *bucket = topic;
        }
    mocket__free(t->buckets);
    t->buckets = buckets;
    t->bucket_count = count;
    return true;
}

static size_t topic_cost(size_t name_len)
{
    return HEAP_HEAD + sizeof(struct mocket_topic) + name_len;
}

#define SUBSCRIPTION_COST (HEAP_HEAD + sizeof(struct mocket_subscription))

/* The topic, made if need be; NULL: *rc tells why. */
static struct mocket_topic *topic_of(struct mocket_topics *t, mocket_span name, int *rc)
{
    *rc = MOCKET_ENOMEM;
    if (t->topic_count >= t->bucket_count && !grow(t))
        return NULL;
    uint64_t hash = mocket__siphash(&t->key, name);
    struct mocket_topic **at = find(t, hash, name);
    if (*at)
        return *at;
    if (!mocket__till_take(t->till, MOCKET_CHARGE_TOPICS, topic_cost(name.len))) {
        *rc = MOCKET_ELIMIT;
        return NULL;
    }
    struct mocket_topic *topic = mocket__new(sizeof *topic + name.len);
    if (!topic) {
        mocket__till_give(t->till, MOCKET_CHARGE_TOPICS, topic_cost(name.len));
        return NULL;
    }
    topic->hash = hash;
    topic->name_len = name.len;
    memcpy(topic->name, name.ptr, name.len);
    *at = topic;
    t->topic_count++;
    return topic;
}

static void free_if_empty(struct mocket_topics *t, struct mocket_topic *topic)
{
    if (!mocket__list_is_empty(&topic->subscriptions))
        return;
    *find(t, topic->hash, name_of(topic)) = topic->next;
    t->topic_count--;
    mocket__till_give(t->till, MOCKET_CHARGE_TOPICS, topic_cost(topic->name_len));
    mocket__free(topic);
}

/* ---- subscriptions ---- */

static struct mocket_subscription *find_mine(struct mocket_subscriber *s, mocket_span name)
{
    MOCKET_LIST_EACH (struct mocket_subscription, sub, &s->subscriptions, subscriber_link)
        if (mocket__span_eq(name_of(sub->topic), name))
            return sub;
    return NULL;
}

static void link_subscription(struct mocket_topic *topic, struct mocket_subscriber *s, struct mocket_subscription *sub)
{
    mocket__list_prepend(&topic->subscriptions, &sub->topic_link);
    mocket__list_prepend(&s->subscriptions, &sub->subscriber_link);
    s->count++;
    s->names_len += topic->name_len;
}

int mocket__topics_subscribe(struct mocket_topics *t, struct mocket_subscriber *s, mocket_span name)
{
    if (find_mine(s, name))
        return 0;
    if (s->count >= MOCKET_TOPICS_MAX || s->names_len + name.len > MOCKET_TOPIC_NAMES_MAX)
        return MOCKET_ELIMIT;
    if (!mocket__till_take(t->till, MOCKET_CHARGE_TOPICS, SUBSCRIPTION_COST))
        return MOCKET_ELIMIT;
    int rc;
    struct mocket_topic *topic = topic_of(t, name, &rc);
    struct mocket_subscription *sub = topic ? mocket__new(sizeof *sub) : NULL;
    if (!sub) {
        if (topic)
            free_if_empty(t, topic);
        mocket__till_give(t->till, MOCKET_CHARGE_TOPICS, SUBSCRIPTION_COST);
        return topic ? MOCKET_ENOMEM : rc;
    }
    *sub = (struct mocket_subscription){ .topic = topic, .subscriber = s, .ticket = atomic_load(&t->ticket) };
    link_subscription(topic, s, sub);
    atomic_fetch_add(&t->subscription_count, 1);
    return 0;
}

static void end_subscription(struct mocket_topics *t, struct mocket_subscription *sub)
{
    mocket__list_remove(&sub->topic->subscriptions, &sub->topic_link);
    mocket__list_remove(&sub->subscriber->subscriptions, &sub->subscriber_link);
    sub->subscriber->count--;
    sub->subscriber->names_len -= sub->topic->name_len;
    atomic_fetch_sub(&t->subscription_count, 1);
    free_if_empty(t, sub->topic);
    mocket__till_give(t->till, MOCKET_CHARGE_TOPICS, SUBSCRIPTION_COST);
    mocket__free(sub);
}

void mocket__topics_unsubscribe(struct mocket_topics *t, struct mocket_subscriber *s, mocket_span name)
{
    struct mocket_subscription *sub = find_mine(s, name);
    if (sub)
        end_subscription(t, sub);
}

void mocket__topics_leave(struct mocket_topics *t, struct mocket_subscriber *s)
{
    while (!mocket__list_is_empty(&s->subscriptions))
        end_subscription(t, MOCKET_LIST_FIRST(&s->subscriptions, struct mocket_subscription, subscriber_link));
}

/* ---- messages ---- */

struct mocket_published *mocket__published_new(mocket_span topic, int kind, mocket_span data, size_t worker_count)
{
    char head[MOCKET_WS_HEAD_MAX];
    size_t head_len = mocket__ws_write_head(head, kind, data.len);
    size_t fixed = sizeof(struct mocket_published) + worker_count * sizeof(struct mocket_mail);
    if (data.len > SIZE_MAX / 2)
        return NULL;
    struct mocket_published *p = mocket__realloc(NULL, fixed + topic.len + head_len + data.len);
    if (!p)
        return NULL;
    char *at = (char *)p + fixed;
    memset(p, 0, fixed);
    memcpy(at, topic.ptr, topic.len);
    p->topic = (mocket_span){ at, topic.len };
    at += topic.len;
    memcpy(at, head, head_len);
    if (data.len > 0)
        memcpy(at + head_len, data.ptr, data.len);
    p->frame = (mocket_span){ at, head_len + data.len };
    p->payload_len = data.len;
    atomic_init(&p->refs, 1);
    return p;
}

/* What a message takes up is more than its bytes. */
static uint64_t weight_of(const struct mocket_published *p)
{
    return sizeof *p + p->topic.len + p->frame.len;
}

bool mocket__published_charge(struct mocket_published *p, struct mocket_account *account)
{
    if (!mocket__account_take(account, weight_of(p)))
        return false;
    p->account = account;
    return true;
}

void mocket__published_keep(struct mocket_published *p)
{
    atomic_fetch_add_explicit(&p->refs, 1, memory_order_relaxed);
}

void mocket__published_release(struct mocket_published *p)
{
    if (atomic_fetch_sub_explicit(&p->refs, 1, memory_order_acq_rel) != 1)
        return;
    mocket__account_give(p->account, weight_of(p));
    mocket__free(p);
}

/* ---- mailboxes ---- */

bool mocket__topics_reserve(struct mocket_topics *t, const struct mocket_published *p)
{
    uint64_t weight = weight_of(p);
    if (atomic_fetch_add(&t->mail_len, weight) + weight <= MOCKET_MAILBOX_MAX)
        return true;
    atomic_fetch_sub(&t->mail_len, weight);
    return false;
}

void mocket__topics_unreserve(struct mocket_topics *t, const struct mocket_published *p)
{
    atomic_fetch_sub(&t->mail_len, weight_of(p));
}

void mocket__topics_post(struct mocket_topics *t, struct mocket_published *p, struct mocket_mail *mail)
{
    mocket__published_keep(p);
    mail->message = p;
    mail->ticket = atomic_fetch_add(&t->ticket, 1);
    mail->next = atomic_load_explicit(&t->mails, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(&t->mails, &mail->next, mail, memory_order_release,
                                                  memory_order_relaxed))
        ;
}

/* All of the mail, the first one first. */
static struct mocket_mail *take_mail(struct mocket_topics *t)
{
    struct mocket_mail *first = NULL, *next;
    struct mocket_mail *mail = atomic_exchange_explicit(&t->mails, NULL, memory_order_acquire);
    for (; mail; mail = next) {
        next = mail->next;
        mail->next = first;
        first = mail;
    }
    return first;
}

/* To how many? */
static size_t deliver_one(struct mocket_topics *t, const struct mocket_mail *mail,
                          void (*deliver)(struct mocket_subscriber *s, struct mocket_published *p))
{
    struct mocket_published *p = mail->message;
    size_t count = 0;
    if (t->topic_count == 0)
        return 0;
    const struct mocket_topic *topic = *find(t, mocket__siphash(&t->key, p->topic), p->topic);
    if (!topic)
        return 0;
    MOCKET_LIST_EACH (const struct mocket_subscription, sub, &topic->subscriptions, topic_link)
        if (mail->ticket >= sub->ticket) {
            deliver(sub->subscriber, p);
            count++;
        }
    return count;
}

static struct mocket_mail *next_mail(struct mocket_topics *t)
{
    if (!t->taken)
        t->taken = take_mail(t);
    return t->taken;
}

void mocket__topics_deliver(struct mocket_topics *t,
                            void (*deliver)(struct mocket_subscriber *s, struct mocket_published *p))
{
    struct mocket_mail *mail;
    size_t done = 0;
    while (done < MOCKET_MAIL_PORTION && (mail = next_mail(t)) != NULL) {
        struct mocket_published *p = mail->message;
        t->taken = mail->next; /* the mail goes with the message */
        if (deliver)
            done += 1 + deliver_one(t, mail, deliver);
        mocket__topics_unreserve(t, p);
        mocket__published_release(p);
    }
}

/* ---- life ---- */

int mocket__topics_init(struct mocket_topics *t)
{
    memset(t, 0, sizeof *t);
    return getrandom(&t->key, sizeof t->key, 0) == sizeof t->key ? 0 : MOCKET_EIO;
}

void mocket__topics_release(struct mocket_topics *t)
{
    assert(t->topic_count == 0 && atomic_load(&t->subscription_count) == 0);
    mocket__topics_deliver(t, NULL);
    assert(atomic_load(&t->mail_len) == 0);
    mocket__free(t->buckets);
    t->buckets = NULL;
    t->bucket_count = 0;
}
