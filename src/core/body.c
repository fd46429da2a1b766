/* The request body: one stream with the app's limit on it, and what is made of the whole of it.
 *
 * A backend that already has the body whole says so, and then nothing is copied. Otherwise it is read through the
 * limit, which holds from Content-Length before the first byte and in chunked bodies the moment it is passed: an
 * app never sees a truncated body. Why it cannot be had is kept in body_status, so that every later call answers the
 * same. */
#include "../base/span.h"
#include "../http/mime.h"
#include "../http/query.h"
#include "event.h"

#define FIRST_READ 4096 /* bytes of room for a body of unknown length */
#define TRUSTED 1048576 /* bytes of room that a Content-Length alone may claim */

/* A body that its sender cut short is malformed like any other; if the client is gone, nobody reads the answer. */
static int status_of(ptrdiff_t rc)
{
    bool malformed = rc == MOCKET_EINVAL || rc == MOCKET_ECLOSED;
    return rc == MOCKET_ETOOBIG ? 413 : rc == MOCKET_ETIMEDOUT ? 408 : malformed ? 400 : (int)rc;
}

static int body_failed(mocket_event *e, int status)
{
    e->req->body_status = status;
    if (status == 413) {
        e->error_text = "Request body too large";
        e->error_status = status;
    }
    return status;
}

static bool over_limit(const struct mocket_request *req, int64_t len)
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
    return over_limit(req, known) ? body_failed(e, 413) : req->body_status;
}

/* ---- the stream ---- */

struct limited {
    struct mocket_source source;
    mocket_event *event;
};

static ptrdiff_t read_inner(struct mocket_request *req, void *buf, size_t cap)
{
    if (req->whole.ptr)
        return req->memory.source.read(&req->memory.source, buf, cap);
    return req->source ? req->source->read(req->source, buf, cap) : 0;
}

static ptrdiff_t limited_read(struct mocket_source *s, void *buf, size_t cap)
{
    mocket_event *e = ((struct limited *)s)->event;
    struct mocket_request *req = e->req;
    int64_t known = req->whole.ptr ? (int64_t)req->whole.len : req->message.body_len;
    if (req->body_status == 0 && over_limit(req, known))
        body_failed(e, 413);
    if (req->body_status > 0)
        return req->body_status == 413 ? MOCKET_ETOOBIG : req->body_status == 408 ? MOCKET_ETIMEDOUT : MOCKET_EINVAL;
    if (req->body_status < 0)
        return req->body_status;
    ptrdiff_t n = read_inner(req, buf, cap);
    if (n < 0) {
        body_failed(e, status_of(n));
        return n;
    }
    req->taken += n;
    if (!over_limit(req, req->taken))
        return n;
    body_failed(e, 413);
    return MOCKET_ETOOBIG;
}

static ptrdiff_t no_memory_read(struct mocket_source *s, void *buf, size_t cap)
{
    (void)s, (void)buf, (void)cap;
    return MOCKET_ENOMEM;
}

mocket_source *mocket_body_source(mocket_event *e)
{
    static const struct mocket_source no_memory = { no_memory_read, NULL };
    struct mocket_request *req = e->req;
    if (req->limited)
        return req->limited;
    struct limited *l = mocket_mem(e, sizeof *l);
    if (!l)
        return (mocket_source *)&no_memory;
    *l = (struct limited){ .source = { .read = limited_read }, .event = e };
    mocket__source_memory(&req->memory, req->whole);
    req->limited = &l->source;
    return req->limited;
}

/* ---- the whole of it ---- */

/* Room for more bytes and a NUL: twice as much as there was. */
static char *larger(mocket_event *e, const char *old, size_t len, size_t cap)
{
    char *grown = mocket__arena_alloc(mocket__arena(e), cap + 1);
    if (grown && len)
        memcpy(grown, old, len);
    return grown;
}

static int read_whole(mocket_event *e, mocket_span *out)
{
    struct mocket_request *req = e->req;
    int64_t known = req->message.body_len;
    size_t cap = known < 0 ? FIRST_READ : known > TRUSTED ? TRUSTED : (size_t)known, len = 0;
    char *bytes = larger(e, NULL, 0, cap);
    while (bytes) {
        if ((int64_t)len == known)
            break;
        if (len == cap)
            bytes = larger(e, bytes, len, cap *= 2);
        ptrdiff_t n = bytes ? limited_read(mocket_body_source(e), bytes + len, cap - len) : MOCKET_ENOMEM;
        if (n < 0)
            return body_failed(e, status_of(n));
        if (n == 0)
            break;
        len += (size_t)n;
    }
    if (!bytes)
        return body_failed(e, MOCKET_ENOMEM);
    bytes[len] = '\0';
    *out = (mocket_span){ bytes, len };
    return 0;
}

int mocket_body(mocket_event *e, mocket_span *out)
{
    struct mocket_request *req = e->req;
    *out = MOCKET_SPAN("");
    if (req->body_status != 0)
        return req->body_status;
    if (over_limit(req, req->whole.ptr ? (int64_t)req->whole.len : req->message.body_len))
        return body_failed(e, 413);
    if (!req->whole.ptr && req->source) {
        if (req->taken > 0)
            return MOCKET_ESTATE; /* somebody has read of the stream */
        int rc = read_whole(e, &req->whole);
        if (rc != 0)
            return rc;
        mocket__source_memory(&req->memory, req->whole); /* who reads the stream after this gets it again */
        req->taken = 0;
    }
    if (req->whole.ptr)
        *out = req->whole;
    return 0;
}

int mocket_body_text(mocket_event *e, mocket_span *out)
{
    int rc = mocket_body(e, out);
    return rc == 0 && !mocket__utf8_valid(*out) ? 400 : rc;
}

int mocket_body_form(mocket_event *e, const mocket_fields **out)
{
    mocket_span type = mocket__fields_join(&e->req->message.fields, mocket__arena(e), MOCKET_SPAN("content-type")),
                body;
    if (type.ptr && !mocket__mime_is(type, MOCKET_SPAN("application/x-www-form-urlencoded")))
        return 415;
    struct mocket_fields *form = mocket_mem(e, sizeof *form);
    int rc = form ? mocket_body(e, &body) : MOCKET_ENOMEM;
    if (rc == 0)
        rc = mocket__query_parse(body, mocket__arena(e), form);
    *out = form;
    return rc;
}
