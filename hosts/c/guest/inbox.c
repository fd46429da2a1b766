/* Where a request stands while it is inside: in one list of all; beside that perhaps in a queue, until there is an
 * instance for it; and in another one when there is news for its front. A request has room for all of these links, so
 * that none of this asks for memory.
 *
 * Requests wait in three queues: of kinds that have proved quick, of kinds that take long, and of kinds that nothing is
 * known of. So requests of one queue neither wait behind those of another nor use up its room.
 *
 * What must stay true: a front is resumed by guest_inbox_tell_fronts only, and may do anything then: end its request,
 * or let another one come in. So its news is taken out of the list before it is told. */
#include "inbox.h"

#include "../../../src/base/memory.h"

#define WAITING_MAX 1024u
#define UNUSED_MAX 256u
#define OUT_KEPT_MAX 16384u /* bytes of its buffer for streamed answers that an unused one keeps */

void guest_inbox_open(struct guest_inbox *b, size_t long_max)
{
    b->queues[GUEST_QUICK].most = b->queues[GUEST_UNKNOWN].most = WAITING_MAX;
    b->queues[GUEST_LONG].most = long_max < WAITING_MAX ? long_max : WAITING_MAX;
}

/* ---- Those that wait ---- */

static struct guest_queue *queue_of(struct guest_inbox *b, const struct guest_request *r)
{
    return &b->queues[r->standing];
}

bool guest_inbox_others_wait(const struct guest_inbox *b, const struct guest_request *r)
{
    return b->queues[r->standing].first;
}

static void append(struct guest_queue *q, struct guest_request *r)
{
    r->queued = true;
    r->next_queued = NULL;
    *(q->last ? &q->last->next_queued : &q->first) = r;
    q->last = r;
    q->count++;
}

bool guest_inbox_wait(struct guest_inbox *b, struct guest_request *r)
{
    struct guest_queue *q = queue_of(b, r);
    if (q->count >= q->most)
        return false;
    r->arrival = b->arrivals++;
    append(q, r);
    return true;
}

void guest_inbox_take(struct guest_inbox *b, struct guest_request *r)
{
    struct guest_queue *q = queue_of(b, r);
    struct guest_request *before = NULL;
    for (struct guest_request *other = q->first; other != r; other = other->next_queued)
        before = other;
    *(before ? &before->next_queued : &q->first) = r->next_queued;
    if (q->last == r)
        q->last = before;
    q->count--;
    r->queued = false;
}

void guest_inbox_move(struct guest_inbox *b, struct guest_request *r, enum guest_standing standing)
{
    guest_inbox_take(b, r);
    r->standing = standing;
    append(queue_of(b, r), r);
}

struct guest_request *guest_inbox_oldest(const struct guest_inbox *b)
{
    struct guest_request *unknown = b->queues[GUEST_UNKNOWN].first, *longer = b->queues[GUEST_LONG].first;
    if (!unknown || !longer)
        return unknown ? unknown : longer;
    return unknown->arrival < longer->arrival ? unknown : longer;
}

bool guest_inbox_has_waiting(const struct guest_inbox *b)
{
    return b->queues[GUEST_QUICK].first || guest_inbox_oldest(b);
}

/* ---- News for fronts ---- */

void guest_inbox_note_news(struct guest_inbox *b, struct guest_request *r)
{
    r->told = true;
    r->next_news = NULL;
    *(b->news_last ? &b->news_last->next_news : &b->news_first) = r;
    b->news_last = r;
}

static void take_back_news(struct guest_inbox *b, struct guest_request *r)
{
    struct guest_request *before = NULL;
    for (struct guest_request *other = b->news_first; other != r; other = other->next_news)
        before = other;
    *(before ? &before->next_news : &b->news_first) = r->next_news;
    if (b->news_last == r)
        b->news_last = before;
    r->told = false;
}

void guest_inbox_tell_fronts(struct guest_inbox *b)
{
    while (b->news_first) {
        struct guest_request *r = b->news_first;
        struct mocket_park *park = r->park;
        mocket_event *reading = r->reading;
        take_back_news(b, r);
        r->news = !park;
        r->park = NULL;
        if (park)
            mocket__native_unpark(park, 0);
        else if (reading)
            mocket__native_interrupt(reading);
    }
}

/* ---- Life ---- */

static void free_request(struct guest_request *r)
{
    mocket__buf_release(&r->out);
    mocket__free(r);
}

struct guest_request *guest_inbox_new(struct guest_inbox *b)
{
    struct guest_request *r = b->unused;
    if (r) {
        struct mocket_buf out = r->out;
        b->unused = r->next;
        b->unused_count--;
        mocket__buf_reset(&out);
        *r = (struct guest_request){ .out = out };
    } else {
        r = mocket__new(sizeof *r);
        if (!r)
            return NULL;
    }
    r->front = true;
    r->left = -1;
    r->gone.kind = GUEST_JOB_GONE;
    r->owner.kind = GUEST_HANDLE_REQUEST;
    return r;
}

void guest_inbox_recycle(struct guest_inbox *b, struct guest_request *r)
{
    if (r->told)
        take_back_news(b, r);
    mocket__buf_release(&r->in);
    mocket__buf_release(&r->kept);
    if (r->out.cap > OUT_KEPT_MAX)
        mocket__buf_release(&r->out);
    if (b->unused_count >= UNUSED_MAX) {
        free_request(r);
        return;
    }
    r->next = b->unused;
    b->unused = r;
    b->unused_count++;
}

void guest_inbox_enter(struct guest_inbox *b, struct guest_request *r)
{
    r->inside = true;
    r->previous = NULL;
    r->next = b->all;
    if (r->next)
        r->next->previous = r;
    b->all = r;
}

void guest_inbox_leave(struct guest_inbox *b, struct guest_request *r)
{
    if (r->queued)
        guest_inbox_take(b, r);
    *(r->previous ? &r->previous->next : &b->all) = r->next;
    if (r->next)
        r->next->previous = r->previous;
    r->inside = false;
}

void guest_inbox_release(struct guest_inbox *b)
{
    while (b->unused) {
        struct guest_request *r = b->unused;
        b->unused = r->next;
        free_request(r);
    }
}
