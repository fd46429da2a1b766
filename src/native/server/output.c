/* Answers gather in the worker's buffer while a connection is worked on and leave in one write. Nearly always the
 * socket takes everything at once. What it does not take must outlive the shared buffer: it is copied into a write
 * request of its own, which libuv keeps in order. Large bodies are not copied: the handler waits until they are
 * written. */
#include "conn.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "../../base/memory.h"

/* A write that follows. */
struct tail {
    uv_write_t req;
    struct mocket_conn *conn;
    char bytes[];
};

static void fail(struct mocket_conn *c)
{
    if (!c->broken && !c->closing)
        mocket__conn_break(c);
}

static void settle_write(struct mocket_conn *c, int status)
{
    c->pending--;
    if (status < 0)
        fail(c);
    if (c->pending > 0)
        return;
    if (c->wait == MOCKET_WAIT_WRITE)
        mocket__conn_wake(c, c->broken ? MOCKET_ECLOSED : 0);
    else if (!c->closing)
        mocket__conn_work(c);
}

static void on_tail(uv_write_t *req, int status)
{
    struct tail *t = req->data;
    struct mocket_conn *c = t->conn;
    mocket__free(t);
    settle_write(c, status);
}

static void add_tail(struct mocket_conn *c, const char *bytes, size_t len)
{
    struct tail *t = mocket__realloc(NULL, sizeof(*t) + len);
    if (t == NULL) {
        fail(c);
        return;
    }
    t->conn = c;
    t->req.data = t;
    memcpy(t->bytes, bytes, len);
    uv_buf_t buf = uv_buf_init(t->bytes, (unsigned)len);
    if (uv_write(&t->req, &c->handle.stream, &buf, 1, on_tail) < 0) {
        mocket__free(t);
        fail(c);
        return;
    }
    c->pending++;
}

/* What the socket takes of these at once: bytes, or below zero. Straight to the socket: send spares the kernel what
 * write does for files, and there is nothing in libuv's queue that could be overtaken. */
static ptrdiff_t try(struct mocket_conn *c, struct iovec *parts, size_t count)
{
    struct msghdr msg = { .msg_iov = parts, .msg_iovlen = count };
    ssize_t n;
    if (c->pending > 0)
        return 0;
    do {
        n = count == 1 ? send(c->fd, parts->iov_base, parts->iov_len, MSG_DONTWAIT | MSG_NOSIGNAL)
                       : sendmsg(c->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS) ? 0 : n;
}

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
            add_tail(c, out->ptr + n, out->len - (size_t)n);
    }
    mocket__buf_reset(out);
}

int mocket__output_wait(struct mocket_conn *c)
{
    while (c->pending > 0 && !c->broken)
        mocket__conn_wait(c, MOCKET_WAIT_WRITE);
    return c->broken ? MOCKET_ECLOSED : 0;
}

/* ---- bodies that are not copied ---- */

struct lent {
    uv_write_t req;
    struct mocket_conn *conn;
    bool done;
};

static void on_lent(uv_write_t *req, int status)
{
    struct lent *l = req->data;
    struct mocket_conn *c = l->conn;
    l->done = true;
    settle_write(c, status);
}

/* The bytes are the handler's: it stays until libuv has let go of them, whatever happens to the connection. */
static int lend(struct mocket_conn *c, const char *bytes, size_t len)
{
    struct lent l = { .conn = c };
    l.req.data = &l;
    uv_buf_t buf = uv_buf_init((char *)bytes, (unsigned)len);
    if (uv_write(&l.req, &c->handle.stream, &buf, 1, on_lent) < 0) {
        fail(c);
        return MOCKET_ECLOSED;
    }
    c->pending++;
    while (!l.done)
        mocket__conn_wait(c, MOCKET_WAIT_WRITE);
    return c->broken ? MOCKET_ECLOSED : 0;
}

#define PIECE_MAX ((size_t)1 << 30)

static int send_piece(struct mocket_conn *c, mocket_span bytes)
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
        add_tail(c, out->ptr + sent, out->len - sent);
    sent = sent > out->len ? sent - out->len : 0;
    mocket__buf_reset(out);
    if (c->broken)
        return MOCKET_ECLOSED;
    return sent < bytes.len ? lend(c, bytes.ptr + sent, bytes.len - sent) : 0;
}

int mocket__output_send(struct mocket_conn *c, mocket_span bytes)
{
    int rc = 0;
    while (bytes.len > 0 && rc == 0) {
        mocket_span piece = mocket__span_slice(bytes, 0, PIECE_MAX);
        rc = send_piece(c, piece);
        bytes = mocket__span_slice(bytes, piece.len, bytes.len);
    }
    return rc;
}
