/* The queue is a list of pieces: copies, frames that several sockets share, and memory that a handler lends. */
#include "output.h"

#include <string.h>

#include "../../../base/check.h"
#include "../../../base/memory.h"
#include "../../../base/span.h"
#include "../topics.h"

#define PARTS_MAX 32    /* pieces of the queue in one call */
#define QUEUE_FIRST 512 /* room of a piece for frames, when it is the only one */
#define QUEUE_NEXT 4096
#define SHARED_LEAST 512 /* published frames up to this are copied */

void mocket__output_check(const struct mocket_output *o)
{
    size_t len = 0;
    const struct mocket_unsent *last = NULL;
    assert(o->transport->unsent == 0 || o->transport->ops->push);
    for (const struct mocket_unsent *u = o->first; u; last = u, u = u->next) {
        assert(u->left > 0 && !u->done);
        assert(!u->lent || (!u->charged && !u->shared));
        len += u->left;
    }
    assert(len == o->len && last == o->last);
}

/* ---- The queue ---- */

static void append(struct mocket_output *o, struct mocket_unsent *u)
{
    u->next = NULL;
    if (o->last)
        o->last->next = u;
    else
        o->first = u;
    o->last = u;
    o->len += u->left;
}

/* A piece with room for len bytes behind it, charged. NULL: *status tells why. */
static struct mocket_unsent *piece_new(struct mocket_output *o, size_t len, bool owed, int *status)
{
    size_t size = sizeof(struct mocket_unsent) + len;
    if (owed)
        mocket__till_owe(o->till, o->part, size);
    *status = owed || mocket__till_take(o->till, o->part, size) ? 0 : MOCKET_ELIMIT;
    struct mocket_unsent *u = *status == 0 ? mocket__realloc(NULL, size) : NULL;
    if (!u && *status == 0) {
        mocket__till_give(o->till, o->part, size);
        *status = MOCKET_ENOMEM;
    }
    if (u)
        *u = (struct mocket_unsent){ .at = (const char *)(u + 1), .room = len, .part = o->part, .charged = size };
    return u;
}

static void remove_first(struct mocket_output *o)
{
    struct mocket_unsent *u = o->first;
    o->first = u->next;
    if (!u->next)
        o->last = NULL;
    o->len -= u->left;
    if (u->shared)
        mocket__published_release(u->shared);
    if (u->lent) {
        u->done = true;
    } else {
        mocket__till_give(o->till, u->part, u->charged);
        mocket__free(u);
    }
}

/* The rest of something that has begun to be sent. */
static int keep(struct mocket_output *o, mocket_span rest)
{
    int status;
    struct mocket_unsent *u = piece_new(o, rest.len, false, &status);
    if (!u)
        return status;
    memcpy(u + 1, rest.ptr, rest.len);
    u->left = rest.len;
    u->room = 0;
    u->begun = true;
    append(o, u);
    return 0;
}

static void count_sent(struct mocket_output *o, size_t sent)
{
    while (sent > 0) {
        struct mocket_unsent *u = o->first;
        size_t len = sent < u->left ? sent : u->left;
        u->at += len;
        u->left -= len;
        u->begun = true;
        o->len -= len;
        sent -= len;
        if (u->left == 0)
            remove_first(o);
    }
}

void mocket__output_drop(struct mocket_output *o)
{
    while (o->first)
        remove_first(o);
}

/* ---- Sending ---- */

static ptrdiff_t write_now(struct mocket_output *o, struct iovec *parts, size_t count)
{
    ptrdiff_t n = o->transport->ops->write(o->transport, parts, count);
    if (n > 0)
        o->sent_len += (uint64_t)n;
    return n;
}

static ptrdiff_t write_queue(struct mocket_output *o)
{
    struct iovec parts[PARTS_MAX];
    size_t count = 0;
    for (const struct mocket_unsent *u = o->first; u && count < PARTS_MAX; u = u->next)
        parts[count++] = (struct iovec){ (char *)u->at, u->left };
    ptrdiff_t n = count > 0 ? write_now(o, parts, count) : 0;
    if (n > 0)
        count_sent(o, (size_t)n);
    return n;
}

/* What the transport took before goes first. */
static bool push_transport(struct mocket_output *o)
{
    return o->transport->unsent == 0 || o->transport->ops->push(o->transport);
}

int mocket__output_continue(struct mocket_output *o)
{
    if (!push_transport(o))
        return MOCKET_ECLOSED;
    return write_queue(o) < 0 ? MOCKET_ECLOSED : 0;
}

int mocket__output_push(struct mocket_output *o)
{
    ptrdiff_t n;
    if (!push_transport(o))
        return MOCKET_ECLOSED;
    do
        n = write_queue(o);
    while (n > 0 && o->len > 0);
    return n < 0 ? MOCKET_ECLOSED : 0;
}

int mocket__output_put(struct mocket_output *o, mocket_span bytes)
{
    struct iovec part = { (char *)bytes.ptr, bytes.len };
    ptrdiff_t n = o->len > 0 ? 0 : write_now(o, &part, 1); /* nothing overtakes the queue */
    if (n < 0)
        return MOCKET_ECLOSED;
    return (size_t)n < bytes.len ? keep(o, mocket__span_slice(bytes, (size_t)n, bytes.len)) : 0;
}

int mocket__output_lend(struct mocket_output *o, mocket_span bytes, struct mocket_unsent *lent)
{
    struct iovec parts[2] = { { (char *)bytes.ptr, bytes.len }, { (char *)lent->at, lent->left } };
    size_t skip = bytes.len == 0;
    ptrdiff_t n = o->len > 0 ? 0 : write_now(o, parts + skip, 2 - skip);
    if (n < 0)
        return MOCKET_ECLOSED;
    size_t sent = (size_t)n;
    if (sent < bytes.len) {
        int rc = keep(o, mocket__span_slice(bytes, sent, bytes.len));
        if (rc < 0)
            return rc;
    }
    sent = sent > bytes.len ? sent - bytes.len : 0;
    lent->at += sent;
    lent->left -= sent;
    lent->lent = true;
    lent->done = lent->left == 0;
    if (!lent->done)
        append(o, lent);
    return 0;
}

int64_t mocket__output_taken(const struct mocket_output *o)
{
    return (int64_t)o->sent_len - (int64_t)o->transport->ops->pending(o->transport);
}

/* ---- Frames of a WebSocket ---- */

static void add_bytes(struct mocket_output *o, struct mocket_unsent *u, mocket_span bytes)
{
    if (bytes.len > 0)
        memcpy((char *)u->at + u->left, bytes.ptr, bytes.len);
    u->left += bytes.len;
    u->room -= bytes.len;
    o->len += bytes.len;
}

static int queue(struct mocket_output *o, mocket_span head, mocket_span payload, bool owed)
{
    struct mocket_unsent *u = o->last;
    size_t len = head.len + payload.len;
    if (!u || u->room < len) {
        size_t room = owed ? len : u ? QUEUE_NEXT : QUEUE_FIRST;
        int status;
        u = piece_new(o, room < len ? len : room, owed, &status);
        if (!u)
            return status;
        append(o, u);
    }
    add_bytes(o, u, head);
    add_bytes(o, u, payload);
    return 0;
}

int mocket__output_queue(struct mocket_output *o, mocket_span head, mocket_span payload)
{
    return queue(o, head, payload, false);
}

int mocket__output_queue_owed(struct mocket_output *o, mocket_span head, mocket_span payload)
{
    int rc = queue(o, head, payload, false);
    return rc == MOCKET_ELIMIT ? queue(o, head, payload, true) : rc;
}

/* A piece of its own would cost more than a small frame does, in memory and in calls that send it. */
int mocket__output_share(struct mocket_output *o, struct mocket_published *p)
{
    int status;
    if (p->frame.len <= SHARED_LEAST)
        return mocket__output_queue(o, p->frame, (mocket_span){ 0 });
    struct mocket_unsent *u = piece_new(o, 0, false, &status);
    if (!u)
        return status;
    mocket__published_keep(p);
    u->at = p->frame.ptr;
    u->left = p->frame.len;
    u->shared = p;
    append(o, u);
    return 0;
}

void mocket__output_forget(struct mocket_output *o)
{
    struct mocket_unsent *kept = o->first;
    if (kept && kept->begun) {
        o->first = kept->next;
        o->len -= kept->left;
    } else {
        kept = NULL;
    }
    if (!o->first)
        o->last = NULL;
    mocket__output_drop(o);
    if (kept)
        append(o, kept);
}
