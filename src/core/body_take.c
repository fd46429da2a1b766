/* Reads the request body and enforces the app's limit: by Content-Length before the first byte, and in chunked bodies
 * at the moment the limit is passed. An app never sees a truncated body. body_status stores the reason why the
 * body cannot be read, so that every later call returns the same. */
#include "body.h"

/* A body that was cut short is malformed. If the client has left, the answer is not read anyway. */
static int status_of(ptrdiff_t rc)
{
    bool malformed = rc == MOCKET_EINVAL || rc == MOCKET_ECLOSED;
    return rc == MOCKET_ETOOBIG ? 413 : rc == MOCKET_ETIMEDOUT ? 408 : malformed ? 400 : (int)rc;
}

int mocket__body_failed(mocket_event *e, int status)
{
    e->req->body_status = status;
    if (status == 413) {
        e->error_text = "Request body too large";
        e->error_status = status;
    }
    return status;
}

bool mocket__body_over_limit(const struct mocket_request *req, int64_t len)
{
    return req->limit != MOCKET_UNLIMITED && len > req->limit;
}

int mocket_limit_body(mocket_event *e, int64_t max_bytes)
{
    struct mocket_request *req = e->req;
    if (max_bytes < 0)
        return MOCKET_EINVAL;
    if (req->limit == MOCKET_UNLIMITED || req->limit > max_bytes)
        req->limit = max_bytes;
    int64_t known = req->whole.ptr ? (int64_t)req->whole.len : req->message.body_len;
    return mocket__body_over_limit(req, known) ? mocket__body_failed(e, 413) : req->body_status;
}

static ptrdiff_t read_inner(struct mocket_request *req, void *buf, size_t cap)
{
    if (req->whole.ptr)
        return req->memory.source.read(&req->memory.source, buf, cap);
    return req->source ? req->source->read(req->source, buf, cap) : 0;
}

ptrdiff_t mocket__body_take(mocket_event *e, void *buf, size_t cap)
{
    struct mocket_request *req = e->req;
    int64_t known = req->whole.ptr ? (int64_t)req->whole.len : req->message.body_len;
    if (req->body_status == 0 && mocket__body_over_limit(req, known))
        mocket__body_failed(e, 413);
    if (req->body_status > 0)
        return req->body_status == 413 ? MOCKET_ETOOBIG : req->body_status == 408 ? MOCKET_ETIMEDOUT : MOCKET_EINVAL;
    if (req->body_status < 0)
        return req->body_status;
    ptrdiff_t n = read_inner(req, buf, cap);
    if (n == MOCKET_EAGAIN) /* mocket__native_interrupt: the body can be read later */
        return n;
    if (n < 0) {
        mocket__body_failed(e, status_of(n));
        return n;
    }
    req->taken += n;
    if (!mocket__body_over_limit(req, req->taken))
        return n;
    mocket__body_failed(e, 413);
    return MOCKET_ETOOBIG;
}
