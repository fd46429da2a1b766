/* libcurl's own resolver starts a thread for each transfer that needs a name, and forgets the thread when the transfer
 * ends: clients that come and leave while a name server is slow start thousands of threads. This file bounds threads
 * and queue, and counts a running lookup until it has ended (D-49).
 *
 * A lookup is on the list of its state. The thread of a running lookup reads its name and writes its outcome; no other
 * thread touches either until the thread has posted the lookup to the mailbox. The pool and each thread own the mailbox
 * together, and the last one frees it. A thread that ends after the pool finds the mailbox closed, and frees its
 * lookup. */
#include "lookup.h"

#include <arpa/inet.h>
#include <assert.h>
#include <mocket.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "../../../base/deadline.h"
#include "../../../base/memory.h"

#define THREADS_FACTOR 3u
#define QUEUE_DIVISOR 2u
#define ADDRESSES_MAX 16u                              /* of a name that are tried */
#define ADDRESS_TEXT (INET6_ADDRSTRLEN + sizeof ",[]") /* with what stands around it */

enum state { QUEUED, RUNNING, KNOWN, FAILED, STATE_COUNT };

struct mailbox {
    uv_mutex_t lock;
    uv_async_t *async; /* NULL: closed */
    size_t refs;
    struct mocket_list posted; /* lookups, by posted_link */
};

struct mocket_lookup {
    struct mocket_lookups *all;
    enum state state;
    struct mocket_link link;        /* in the list of its state */
    struct mocket_list askers;      /* QUEUED: at least one. KNOWN, FAILED: none */
    uint64_t owner;                 /* RUNNING: whose thread it is; QUEUED: whose place */
    uint64_t until_ms;              /* KNOWN, FAILED: how long that holds */
    struct mailbox *mailbox;        /* RUNNING: the thread's */
    struct mocket_link posted_link; /* RUNNING: in the mailbox, when the thread is done */
    int code;                       /* the outcome: 0, or below zero and a reason */
    const char *reason;
    size_t name_len;
    char name[MOCKET_LOOKUP_NAME_MAX + 1];
    char addresses[ADDRESSES_MAX * ADDRESS_TEXT];
};

struct list {
    struct mocket_list lookups; /* the oldest first */
    size_t count;
};

struct mocket_lookups {
    uv_async_t async; /* must be first: freed when it is closed */
    struct list lists[STATE_COUNT];
    struct mailbox *mailbox;
    void (*closed)(void *data);
    void *closed_data;
    void (*counted)(void *data, int change);
    void *counted_data;
};

/* ---- Lists ---- */

static bool is_open(enum state state)
{
    return state == QUEUED || state == RUNNING;
}

static void count(const struct mocket_lookups *l, enum state state, int change)
{
    if (l->counted && is_open(state))
        l->counted(l->counted_data, change);
}

static void append(struct mocket_lookup *lookup, enum state state)
{
    struct list *list = &lookup->all->lists[state];
    lookup->state = state;
    mocket__list_append(&list->lookups, &lookup->link);
    list->count++;
    count(lookup->all, state, 1);
}

static void unlink_lookup(struct mocket_lookup *lookup)
{
    struct list *list = &lookup->all->lists[lookup->state];
    mocket__list_remove(&list->lookups, &lookup->link);
    list->count--;
    count(lookup->all, lookup->state, -1);
}

static void move(struct mocket_lookup *lookup, enum state to)
{
    assert(to == RUNNING ? lookup->state == QUEUED : lookup->state == RUNNING);
    unlink_lookup(lookup);
    append(lookup, to);
}

static void forget(struct mocket_lookup *lookup)
{
    assert(mocket__list_is_empty(&lookup->askers) && lookup->state != RUNNING);
    unlink_lookup(lookup);
    mocket__free(lookup);
}

static struct mocket_lookup *oldest(const struct list *list)
{
    return MOCKET_LIST_FIRST(&list->lookups, struct mocket_lookup, link);
}

static struct mocket_lookup *find(const struct mocket_lookups *l, mocket_span name)
{
    for (int state = 0; state < STATE_COUNT; state++)
        MOCKET_LIST_EACH (struct mocket_lookup, at, &l->lists[state].lookups, link)
            if (mocket__span_eq((mocket_span){ at->name, at->name_len }, name))
                return at;
    return NULL;
}

/* ---- Askers ---- */

static void join(struct mocket_asker *asker, struct mocket_lookup *lookup)
{
    mocket__list_prepend(&lookup->askers, &asker->link);
    asker->lookup = lookup;
}

static void part(struct mocket_asker *asker)
{
    mocket__list_remove(&asker->lookup->askers, &asker->link);
    asker->lookup = NULL;
}

static struct mocket_asker *first_asker(const struct mocket_lookup *lookup)
{
    return MOCKET_LIST_FIRST(&lookup->askers, struct mocket_asker, link);
}

void mocket__lookup_leave(struct mocket_asker *asker)
{
    struct mocket_lookup *lookup = asker->lookup;
    if (!lookup)
        return;
    part(asker);
    if (lookup->state != QUEUED)
        return;
    if (mocket__list_is_empty(&lookup->askers))
        forget(lookup);
    else if (lookup->owner == asker->owner)
        lookup->owner = first_asker(lookup)->owner;
}

static void tell_all(struct mocket_lookup *lookup)
{
    struct mocket_lookup_result result = { lookup->code, lookup->addresses, lookup->reason };
    struct mocket_asker *asker;
    while ((asker = first_asker(lookup)) != NULL) {
        part(asker);
        asker->done(asker, &result);
    }
}

/* ---- The thread ---- */

static void mailbox_release(struct mailbox *box)
{
    uv_mutex_lock(&box->lock);
    bool last = --box->refs == 0;
    uv_mutex_unlock(&box->lock);
    if (!last)
        return;
    uv_mutex_destroy(&box->lock);
    mocket__free(box);
}

static void post(struct mocket_lookup *lookup)
{
    struct mailbox *box = lookup->mailbox;
    uv_mutex_lock(&box->lock);
    bool open = box->async;
    if (open) {
        mocket__list_append(&box->posted, &lookup->posted_link);
        uv_async_send(box->async);
    }
    uv_mutex_unlock(&box->lock);
    if (!open)
        mocket__free(lookup);
    mailbox_release(box);
}

/* An address that holds for one network interface only has no place in the text, and is left out. */
static bool is_usable(const struct addrinfo *row)
{
    return row->ai_family == AF_INET || (row->ai_family == AF_INET6 &&
                                         ((const struct sockaddr_in6 *)(const void *)row->ai_addr)->sin6_scope_id == 0);
}

static void write_addresses(struct mocket_lookup *lookup, const struct addrinfo *rows)
{
    size_t count = 0, len = 0;
    for (const struct addrinfo *row = rows; row && count < ADDRESSES_MAX; row = row->ai_next) {
        char text[INET6_ADDRSTRLEN];
        bool six = row->ai_family == AF_INET6;
        if (!is_usable(row) || getnameinfo(row->ai_addr, row->ai_addrlen, text, sizeof text, NULL, 0, NI_NUMERICHOST))
            continue;
        len += (size_t)snprintf(lookup->addresses + len, sizeof lookup->addresses - len, "%s%s%s%s",
                                count > 0 ? "," : "", six ? "[" : "", text, six ? "]" : "");
        count++;
    }
    lookup->code = count > 0 ? 0 : MOCKET_EIO;
    lookup->reason = count > 0 ? NULL : "the name has no usable address";
}

static void *run(void *arg)
{
    struct mocket_lookup *lookup = arg;
    struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM }, *rows = NULL;
    int rc = getaddrinfo(lookup->name, NULL, &hints, &rows);
    if (rc == 0) {
        write_addresses(lookup, rows);
        freeaddrinfo(rows);
    } else {
        lookup->code = rc == EAI_MEMORY ? MOCKET_ENOMEM : MOCKET_EIO;
        lookup->reason = gai_strerror(rc);
    }
    post(lookup);
    return NULL;
}

/* The thread blocks all signals; other threads handle them. */
static int start_thread(struct mocket_lookup *lookup)
{
    pthread_attr_t attr;
    pthread_t thread;
    sigset_t all, old;
    if (pthread_attr_init(&attr) != 0)
        return MOCKET_ENOMEM;
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int rc = pthread_create(&thread, &attr, run, lookup);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    pthread_attr_destroy(&attr);
    return rc == 0 ? 0 : MOCKET_ENOMEM;
}

/* ---- Who gets a thread ---- */

static size_t count_of(const struct list *list, uint64_t owner)
{
    size_t n = 0;
    MOCKET_LIST_EACH (const struct mocket_lookup, at, &list->lookups, link)
        n += at->owner == owner;
    return n;
}

static bool may_run(const struct mocket_lookups *l, uint64_t owner)
{
    size_t left = MOCKET_LOOKUPS_RUNNING - l->lists[RUNNING].count;
    return count_of(&l->lists[RUNNING], owner) < THREADS_FACTOR * left;
}

static bool may_queue(const struct mocket_lookups *l, uint64_t owner)
{
    size_t left = MOCKET_LOOKUPS_QUEUED - l->lists[QUEUED].count;
    return count_of(&l->lists[QUEUED], owner) * QUEUE_DIVISOR < left;
}

/* An asker whose owner may have a thread. Owners that follow each other are often the same one. */
static const struct mocket_asker *payer(const struct mocket_lookups *l, const struct mocket_lookup *lookup,
                                        const struct mocket_asker **refused)
{
    MOCKET_LIST_EACH (const struct mocket_asker, at, &lookup->askers, link) {
        if (*refused && (*refused)->owner == at->owner)
            continue;
        if (may_run(l, at->owner))
            return at;
        *refused = at;
    }
    return NULL;
}

static void start_more(struct mocket_lookups *l)
{
    const struct mocket_asker *refused = NULL, *asker;
    for (struct mocket_lookup *at = oldest(&l->lists[QUEUED]), *next; at; at = next) {
        next = MOCKET_LIST_NEXT(at, struct mocket_lookup, link);
        if (l->lists[RUNNING].count == MOCKET_LOOKUPS_RUNNING)
            return;
        if (!(asker = payer(l, at, &refused)))
            continue;
        at->owner = asker->owner;
        at->mailbox = l->mailbox;
        move(at, RUNNING);
        uv_mutex_lock(&l->mailbox->lock);
        l->mailbox->refs++;
        uv_mutex_unlock(&l->mailbox->lock);
        if (start_thread(at) < 0) {
            at->code = MOCKET_ENOMEM;
            at->reason = "no thread can be started for the lookup";
            post(at); /* as a thread would */
        }
    }
}

/* ---- Results ---- */

/* Removes lookups that have expired, and the oldest ones if there are too many. */
static void sweep(struct mocket_lookups *l)
{
    uint64_t now_ms = uv_now(l->async.loop);
    for (int state = KNOWN; state <= FAILED; state++) {
        struct list *list = &l->lists[state];
        while (list->count > 0 && mocket__deadline_is_over(oldest(list)->until_ms, now_ms))
            forget(oldest(list));
    }
    while (l->lists[KNOWN].count + l->lists[FAILED].count > MOCKET_LOOKUPS_KEPT)
        forget(oldest(&l->lists[l->lists[FAILED].count > 0 ? FAILED : KNOWN]));
}

static void finish(struct mocket_lookup *lookup)
{
    bool known = lookup->code == 0;
    lookup->until_ms = uv_now(lookup->all->async.loop) + (known ? MOCKET_LOOKUP_KNOWN_MS : MOCKET_LOOKUP_FAILED_MS);
    move(lookup, known ? KNOWN : FAILED);
    tell_all(lookup);
}

static struct mocket_list take_posted(struct mailbox *box)
{
    uv_mutex_lock(&box->lock);
    struct mocket_list posted = box->posted;
    box->posted = (struct mocket_list){ 0 };
    uv_mutex_unlock(&box->lock);
    return posted;
}

static void on_async(uv_async_t *async)
{
    struct mocket_lookups *l = (struct mocket_lookups *)async;
    struct mocket_list posted = take_posted(l->mailbox);
    MOCKET_LIST_EACH (struct mocket_lookup, at, &posted, posted_link)
        finish(at);
    sweep(l);
    start_more(l);
}

/* ---- Asking ---- */

static struct mocket_lookup *queue(struct mocket_lookups *l, mocket_span name, uint64_t owner)
{
    struct mocket_lookup *lookup = mocket__new(sizeof *lookup);
    if (!lookup)
        return NULL;
    lookup->all = l;
    lookup->owner = owner;
    lookup->name_len = name.len;
    memcpy(lookup->name, name.ptr, name.len);
    append(lookup, QUEUED);
    return lookup;
}

int mocket__lookup_ask(struct mocket_lookups *l, mocket_span name, struct mocket_asker *asker,
                       struct mocket_lookup_result *result)
{
    *result = (struct mocket_lookup_result){ MOCKET_EIO, NULL, "the name is too long" };
    if (name.len == 0 || name.len > MOCKET_LOOKUP_NAME_MAX)
        return 0;
    sweep(l);
    struct mocket_lookup *lookup = find(l, name);
    if (lookup && !is_open(lookup->state)) {
        *result = (struct mocket_lookup_result){ lookup->code, lookup->addresses, lookup->reason };
        return 0;
    }
    if (!lookup && !may_queue(l, asker->owner))
        return MOCKET_ELIMIT;
    if (!lookup)
        lookup = queue(l, name, asker->owner);
    if (!lookup)
        return MOCKET_ENOMEM;
    join(asker, lookup);
    if (lookup->state == QUEUED)
        start_more(l);
    return MOCKET_EAGAIN;
}

/* ---- Life ---- */

static struct mailbox *mailbox_new(uv_async_t *async)
{
    struct mailbox *box = mocket__new(sizeof *box);
    if (box && uv_mutex_init(&box->lock) < 0) {
        mocket__free(box);
        return NULL;
    }
    if (box) {
        box->async = async;
        box->refs = 1;
    }
    return box;
}

struct mocket_lookups *mocket__lookups_new(uv_loop_t *loop, void (*closed)(void *data), void *data)
{
    struct mocket_lookups *l = mocket__new(sizeof *l);
    if (!l)
        return NULL;
    l->mailbox = mailbox_new(&l->async);
    if (!l->mailbox || uv_async_init(loop, &l->async, on_async) < 0) {
        if (l->mailbox)
            mailbox_release(l->mailbox);
        mocket__free(l);
        return NULL;
    }
    uv_unref((uv_handle_t *)&l->async); /* exchanges have timers, which keep the loop alive */
    l->closed = closed;
    l->closed_data = data;
    return l;
}

void mocket__lookups_watch(struct mocket_lookups *l, void (*counted)(void *data, int change), void *data)
{
    l->counted = counted;
    l->counted_data = data;
}

static void on_closed(uv_handle_t *async)
{
    struct mocket_lookups *l = (struct mocket_lookups *)async;
    void (*closed)(void *data) = l->closed;
    void *data = l->closed_data;
    mocket__free(l);
    closed(data);
}

/* Under one hold of the lock: a thread that finds the mailbox closed frees its lookup at once. The lookup must be on no
 * list by then. */
static void close_mailbox(struct mocket_lookups *l)
{
    struct mailbox *box = l->mailbox;
    uv_mutex_lock(&box->lock);
    MOCKET_LIST_EACH (struct mocket_lookup, at, &box->posted, posted_link)
        move(at, FAILED);
    box->posted = (struct mocket_list){ 0 };
    while (l->lists[RUNNING].count > 0)
        unlink_lookup(oldest(&l->lists[RUNNING])); /* the thread frees it */
    box->async = NULL;
    uv_mutex_unlock(&box->lock);
}

void mocket__lookups_free(struct mocket_lookups *l)
{
    close_mailbox(l);
    for (int state = KNOWN; state <= FAILED; state++)
        while (l->lists[state].count > 0)
            forget(oldest(&l->lists[state]));
    assert(l->lists[QUEUED].count == 0);
    mailbox_release(l->mailbox);
    uv_close((uv_handle_t *)&l->async, on_closed);
}

static void check_one(const struct mocket_lookups *l, const struct mocket_lookup *lookup, enum state state)
{
    assert(lookup->all == l && lookup->state == state);
    assert(find(l, (mocket_span){ lookup->name, lookup->name_len }) == lookup);
    assert(state == RUNNING || mocket__list_is_empty(&lookup->askers) == (state != QUEUED));
    mocket__list_check(&lookup->askers);
    MOCKET_LIST_EACH (const struct mocket_asker, at, &lookup->askers, link)
        assert(at->lookup == lookup);
}

void mocket__lookups_check(const struct mocket_lookups *l)
{
    for (int state = 0; state < STATE_COUNT; state++) {
        MOCKET_LIST_EACH (const struct mocket_lookup, at, &l->lists[state].lookups, link)
            check_one(l, at, (enum state)state);
        assert(mocket__list_check(&l->lists[state].lookups) == l->lists[state].count);
    }
    assert(l->lists[RUNNING].count <= MOCKET_LOOKUPS_RUNNING && l->lists[QUEUED].count <= MOCKET_LOOKUPS_QUEUED);
    assert(l->lists[KNOWN].count + l->lists[FAILED].count <= MOCKET_LOOKUPS_KEPT);
    const struct mocket_asker *refused = NULL;
    MOCKET_LIST_EACH (const struct mocket_lookup, at, &l->lists[QUEUED].lookups, link)
        assert(!payer(l, at, &refused)); /* nothing waits that could run */
}
