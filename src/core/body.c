/* Reads the whole request body, and parses it as text or a form. If the backend has the whole body already, nothing is
 * copied; otherwise the body is read with the limit (body_take.c). */
#include "../base/span.h"
#include "../http/mime.h"
#include "../http/query.h"
#include "body.h"

#define FIRST_READ 4096 /* bytes of room for a body of unknown length */
#define TRUSTED 1048576 /* bytes of room that a Content-Length alone may claim */

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
        ptrdiff_t n = bytes ? mocket__body_take(e, bytes + len, cap - len) : MOCKET_ENOMEM;
        if (n == MOCKET_EAGAIN)
            continue;
        if (n < 0)
            return e->req->body_status ? e->req->body_status : mocket__body_failed(e, (int)n);
        if (n == 0)
            break;
        len += (size_t)n;
    }
    if (!bytes)
        return mocket__body_failed(e, MOCKET_ENOMEM);
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
    if (mocket__body_over_limit(req, req->whole.ptr ? (int64_t)req->whole.len : req->message.body_len))
        return mocket__body_failed(e, 413);
    if (!req->whole.ptr && req->source) {
        if (req->taken > 0)
            return MOCKET_ESTATE; /* a part of the stream was read already */
        int rc = read_whole(e, &req->whole);
        if (rc != 0)
            return rc;
        mocket__source_memory(&req->memory, req->whole); /* a later read of the stream returns the body again */
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
    mocket_span type = mocket__request_field(e, MOCKET_SPAN("content-type")), body;
    if (type.ptr && !mocket__mime_is(type, MOCKET_SPAN("application/x-www-form-urlencoded")))
        return 415;
    struct mocket_fields *form = mocket_mem(e, sizeof *form);
    int rc = form ? mocket_body(e, &body) : MOCKET_ENOMEM;
    if (rc == 0)
        rc = mocket__query_parse(body, mocket__arena(e), form);
    *out = form;
    return rc;
}
