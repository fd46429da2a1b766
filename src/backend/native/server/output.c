/* Bytes to the client. Nearly always the socket takes everything at once, so that is tried first. What it did not take
 * is kept in a queue and follows when the socket has room again. Large bodies are not copied into it: the handler waits
 * until they are written.
 *
 * A reader that is as fast as the handler would never make it wait, and so keep the thread to itself. So a handler that
 * has sent much since it was resumed waits for its next turn. */
#include "conn.h"

#include <errno.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "../../../base/memory.h"

#define TURN_MAX 65536  /* bytes that a handler sends before others have their turn */
#define PARTS_MAX 32    /* of the queue in one call */
#define QUEUE_FIRST 512 /* room of a piece of the queue for frames, when it is the only one */
#define QUEUE_NEXT 4096
#define SHARED_LEAST 512 /* published frames up to this are copied */
#define OPCODE 0x0f      /* of a frame's first byte */

static void fail(struct mocket_conn *c)
{
    if (!c->broken && !mocket__conn_is_closing(c))
        mocket__conn_break(c);
}

/* ---- what the socket takes ---- */

/* What the socket takes of these at once: bytes, or below zero. send spares the kernel what write does for files. */
static ptrdiff_t send_now(struct mocket_conn *c, struct iovec *parts, size_t count)
{
    struct msghdr msg = { .msg_iov = parts, .msg_iovlen = count };
    ssize_t n;
    do {
        n = count == 1 ? send(c->fd, parts->iov_base, parts->iov_len, MSG_DONTWAIT | MSG_NOSIGNAL)
                       : sendmsg(c->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    if (n > 0)
        c->sent_len += (uint64_t)n;
    if (n > 0 && c->ex != NULL)
        c->ex->turn_len += (size_t)n;
    return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS) ? 0 : n;
}

/* The same, but nothing overtakes the queue. */
static ptrdiff_t try(struct mocket_conn *c, struct iovec *parts, size_t count)
{
    return c->unsent_len > 0 ? 0 : send_now(c, parts, count);
}

/* ---- the queue ---- */

static void append(struct mocket_conn *c, struct mocket_unsent *u)
{
    u->next = NULL;
    if (c->unsent_last != NULL)
        c->unsent_last->next = u;
    else
        c->unsent_first = u;
    c->unsent_last = u;
    c->unsent_len += u->left;
}

static enum mocket_charge part_of(const struct mocket_conn *c)
{
    return c->ws != NULL ? MOCKET_CHARGE_SOCKETS : MOCKET_CHARGE_ANSWERS;
}

/* A place in the queue with memory for len bytes behind it, charged. NULL: *status tells why. */
static struct mocket_unsent *unsent_new(struct mocket_conn *c, size_t len, int *status)
{
    struct mocket_till *till = c->worker->till;
    size_t size = sizeof(struct mocket_unsent) + len;
    *status = mocket__till_take(till, part_of(c), size) ? 0 : MOCKET_ELIMIT;
    struct mocket_unsent *u = *status == 0 ? mocket__realloc(NULL, size) : NULL;
    if (u == NULL && *status == 0) {
        mocket__till_give(till, part_of(c), size);
        *status = MOCKET_ENOMEM;
    }
    if (u != NULL)
        *u = (struct mocket_unsent){ .at = (const char *)(u + 1), .room = len, .part = part_of(c), .charged = size };
    return u;
}

static void remove_first(struct mocket_conn *c)
{
    struct mocket_unsent *u = c->unsent_first;
    c->unsent_first = u->next;
    if (u->next == NULL)
        c->unsent_last = NULL;
    c->unsent_len -= u->left;
    if (u->shared != NULL)
        mocket__published_release(u->shared);
    if (u->lent) {
        u->done = true;
    } else {
        mocket__till_give(c->worker->till, u->part, u->charged);
        mocket__free(u);
    }
}

static void add_copy(struct mocket_conn *c, const char *bytes, size_t len)
{
    int status;
    struct mocket_unsent *u = unsent_new(c, len, &status);
    if (u == NULL) {
        fail(c);
        return;
    }
    memcpy(u + 1, bytes, len);
    u->left = len;
    u->room = 0;
    u->begun = true; /* the rest of something */
    append(c, u);
}

static size_t gather(const struct mocket_conn *c, struct iovec parts[PARTS_MAX])
{
    size_t count = 0;
    for (const struct mocket_unsent *u = c->unsent_first; u != NULL && count < PARTS_MAX; u = u->next)
        parts[count++] = (struct iovec){ (char *)u->at, u->left };
    return count;
}

static void forget(struct mocket_conn *c, size_t sent)
{
    while (sent > 0) {
        struct mocket_unsent *u = c->unsent_first;
        size_t len = sent < u->left ? sent : u->left;
        u->at += len;
        u->left -= len;
        u->begun = true;
        c->unsent_len -= len;
        sent -= len;
        if (u->left == 0)
            remove_first(c);
    }
}

void mocket__output_continue(struct mocket_conn *c)
{
    struct iovec parts[PARTS_MAX];
    ptrdiff_t n = c->unsent_len > 0 ? send_now(c, parts, gather(c, parts)) : 0;
    if (n < 0) {
        fail(c);
        return;
    }
    forget(c, (size_t)n);
    if (c->unsent_len > 0)
        return;
    if (c->wait == MOCKET_WAIT_WRITE)
        mocket__conn_wake(c, 0);
    else
        mocket__conn_work(c);
}

int64_t mocket__output_taken(const struct mocket_conn *c)
{
    int queued = 0;
    return (int64_t)c->sent_len - (ioctl(c->fd, SIOCOUTQ, &queued) == 0 && queued > 0 ? queued : 0);
}

void mocket__output_drop(struct mocket_conn *c)
{
    while (c->unsent_first != NULL)
        remove_first(c);
}

/* ---- frames ---- */

static void add_bytes(struct mocket_conn *c, struct mocket_unsent *u, mocket_span bytes)
{
    if (bytes.len > 0)
        memcpy((char *)u->at + u->left, bytes.ptr, bytes.len);
    u->left += bytes.len;
    u->room -= bytes.len;
    c->unsent_len += bytes.len;
}

/* The one close frame of a socket must go out, whatever else is held. */
static struct mocket_unsent *unsent_owed(struct mocket_conn *c, size_t len)
{
    struct mocket_unsent *u = mocket__realloc(NULL, sizeof(*u) + len);
    if (u == NULL)
        return NULL;
    *u = (struct mocket_unsent){
        .at = (const char *)(u + 1), .room = len, .part = part_of(c), .charged = sizeof(*u) + len
    };
    mocket__till_owe(c->worker->till, u->part, u->charged);
    return u;
}

int mocket__output_queue(struct mocket_conn *c, mocket_span head, mocket_span payload)
{
    struct mocket_unsent *u = c->unsent_last;
    size_t len = head.len + payload.len;
    if (u == NULL || u->room < len) {
        size_t room = u == NULL ? QUEUE_FIRST : QUEUE_NEXT;
        int status;
        room = room < len ? len : room;
        u = unsent_new(c, room, &status);
        if (status == MOCKET_ELIMIT && (head.ptr[0] & OPCODE) == MOCKET_WS_OP_CLOSE)
            u = unsent_owed(c, len);
        if (u == NULL)
            return status;
        append(c, u);
    }
    add_bytes(c, u, head);
    add_bytes(c, u, payload);
    return 0;
}

/* A place of its own would cost more than a small frame weighs, in memory and in calls that send it. */
int mocket__output_share(struct mocket_conn *c, struct mocket_published *p)
{
    int status;
    if (p->frame.len <= SHARED_LEAST)
        return mocket__output_queue(c, p->frame, (mocket_span){ 0 });
    struct mocket_unsent *u = unsent_new(c, 0, &status);
    if (u == NULL)
        return status;
    mocket__published_keep(p);
    u->at = p->frame.ptr;
    u->left = p->frame.len;
    u->shared = p;
    append(c, u);
    return 0;
}

void mocket__output_push(struct mocket_conn *c)
{
    struct iovec parts[PARTS_MAX];
    ptrdiff_t n;
    do {
        n = c->unsent_len > 0 && !c->broken ? send_now(c, parts, gather(c, parts)) : 0;
        if (n < 0)
            fail(c);
        else
            forget(c, (size_t)n);
    } while (n > 0 && c->unsent_len > 0);
}

void mocket__output_forget(struct mocket_conn *c)
{
    struct mocket_unsent *kept = c->unsent_first;
    if (kept != NULL && kept->begun) {
        c->unsent_first = kept->next;
        c->unsent_len -= kept->left;
    } else {
        kept = NULL;
    }
    c->unsent_last = c->unsent_first != NULL ? c->unsent_last : NULL;
    mocket__output_drop(c);
    if (kept != NULL)
        append(c, kept);
}

/* ---- The promises of the header ---- */

void mocket__output_flush(struct mocket_conn *c)
{
    struct mocket_buf *out = &c->worker->out;
    if (mocket__buf_status(out) < 0)
        fail(c);
    if (out->len > 0 && !c->broken) {
        struct iovec part = { out->ptr, out->len };
        ptrdiff_t n = try(c, &part, 1);
        if (n < 0)
            fail(c);
        else if ((size_t)n < out->len)
            add_copy(c, out->ptr + n, out->len - (size_t)n);
    }
    mocket__buf_reset(out);
}

int mocket__output_wait(struct mocket_conn *c)
{
    while (c->unsent_len > 0 && !c->broken)
        mocket__conn_wait(c, MOCKET_WAIT_WRITE);
    if (c->ex->turn_len >= TURN_MAX && !c->broken)
        mocket__conn_wait(c, MOCKET_WAIT_TURN);
    return c->broken ? MOCKET_ECLOSED : 0;
}

/* The bytes are the handler's: it stays until nobody looks at them any more, whatever happens to the connection. */
static int lend(struct mocket_conn *c, const char *bytes, size_t len)
{
    struct mocket_unsent u = { .at = bytes, .left = len, .lent = true };
    append(c, &u);
    while (!u.done)
        mocket__conn_wait(c, MOCKET_WAIT_WRITE);
    return c->broken ? MOCKET_ECLOSED : 0;
}

int mocket__output_send(struct mocket_conn *c, mocket_span bytes)
{
    struct mocket_buf *out = &c->worker->out;
    struct iovec parts[2] = { { out->ptr, out->len }, { (char *)bytes.ptr, bytes.len } };
    bool has_out = out->len > 0;
    if (mocket__buf_status(out) < 0)
        fail(c);
    ptrdiff_t n = c->broken ? -1 : try(c, has_out ? parts : parts + 1, has_out ? 2 : 1);
    if (n < 0) {
        fail(c);
        mocket__buf_reset(out);
        return MOCKET_ECLOSED;
    }
    size_t sent = (size_t)n;
    if (sent < out->len)
        add_copy(c, out->ptr + sent, out->len - sent);
    sent = sent > out->len ? sent - out->len : 0;
    mocket__buf_reset(out);
    if (c->broken)
        return MOCKET_ECLOSED;
    if (sent < bytes.len)
        return lend(c, bytes.ptr + sent, bytes.len - sent);
    return mocket__output_wait(c);
}
