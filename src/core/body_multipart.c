/* multipart/form-data, read from the body's stream part by part in constant memory: a window that holds one header
 * block or a piece of data, and the parser that looks at it. */
#include "../base/span.h"
#include "../http/mime.h"
#include "../http/multipart.h"
#include "event.h"

#define WINDOW (MOCKET_MULTIPART_HEAD_MAX + 8192)

struct mocket_multipart {
    struct mocket_multipart_parser parser;
    mocket_event *event;
    mocket_source *source;
    char *window;
    size_t from, to; /* bytes of the window that are not used yet */
    bool at_end;     /* of the stream */
    bool in_part;
    bool over;        /* the last boundary was seen */
    bool patient;     /* a wait that is interrupted (mocket__native_interrupt) begins again */
    mocket_span data; /* of the present part, seen and not handed out */
    int failed;
};

int mocket_body_multipart(mocket_event *e, mocket_multipart **out)
{
    struct mocket_arena *a = mocket__arena(e);
    *out = e->multipart;
    if (e->multipart)
        return e->multipart->failed;
    mocket_span type = mocket__request_field(e, MOCKET_SPAN("content-type"));
    if (!type.ptr || !mocket__mime_is(type, MOCKET_SPAN("multipart/form-data")))
        return 415;
    mocket_multipart *m = mocket_mem(e, sizeof *m);
    char *window = mocket__arena_alloc(a, WINDOW);
    if (!m || !window)
        return MOCKET_ENOMEM;
    *m = (mocket_multipart){ .event = e, .source = mocket_body_source(e), .window = window };
    if (mocket__multipart_init(&m->parser, mocket__mime_param(a, type, MOCKET_SPAN("boundary"))) < 0)
        return 400;
    *out = e->multipart = m;
    return 0;
}

static int fail(mocket_multipart *m, ptrdiff_t rc)
{
    int body_status = m->event->req->body_status;
    m->failed = body_status ? body_status : rc == MOCKET_EINVAL ? 400 : rc == MOCKET_ETOOBIG ? 413 : (int)rc;
    return m->failed;
}

/* More bytes behind those that are there. 0 or a failure. */
static int fill(mocket_multipart *m)
{
    if (m->from > 0) {
        memmove(m->window, m->window + m->from, m->to - m->from);
        m->to -= m->from;
        m->from = 0;
    }
    if (m->to == WINDOW)
        return fail(m, MOCKET_ETOOBIG);
    ptrdiff_t n;
    do {
        n = mocket_read(m->source, m->window + m->to, WINDOW - m->to);
    } while (n == MOCKET_EAGAIN && m->patient);
    if (n < 0)
        return n == MOCKET_EAGAIN ? MOCKET_EAGAIN : fail(m, n); /* it can be read on */
    m->at_end = n == 0;
    m->to += (size_t)n;
    return 0;
}

/* The next token that is not MORE; its data stays in the window until the call after. 0 or a failure. */
static int next_token(mocket_multipart *m, enum mocket_multipart_token *token, mocket_span *data)
{
    while (m->failed == 0) {
        mocket_span in = { m->window + m->from, m->to - m->from };
        ptrdiff_t used = mocket__multipart_next(&m->parser, in, m->at_end, token, data);
        if (used < 0)
            return fail(m, used);
        m->from += (size_t)used;
        if (*token != MOCKET_MULTIPART_MORE)
            return 0;
        if (m->at_end)
            return fail(m, MOCKET_EINVAL); /* the body ends before its last boundary */
        int rc = fill(m);
        if (rc != 0)
            return rc;
    }
    return m->failed;
}

/* Data of the present part into m->data; m->in_part turns false at its end. */
static int next_data(mocket_multipart *m)
{
    enum mocket_multipart_token token;
    int rc = next_token(m, &token, &m->data);
    if (rc == 0 && token == MOCKET_MULTIPART_PART_END)
        m->in_part = false;
    if (rc != 0 || token != MOCKET_MULTIPART_DATA)
        m->data = (mocket_span){ NULL, 0 };
    return rc;
}

int mocket_multipart_next(mocket_multipart *m, struct mocket_upload *out)
{
    *out = (struct mocket_upload){ 0 };
    m->patient = true;
    int rc = m->failed;
    while (rc == 0 && m->in_part) /* skip what is left */
        rc = next_data(m);
    if (rc != 0 || m->over)
        return rc;
    enum mocket_multipart_token token;
    mocket_span head;
    rc = next_token(m, &token, &head);
    if (rc != 0)
        return rc;
    m->over = token == MOCKET_MULTIPART_END;
    if (m->over)
        return 0;
    m->in_part = true;
    m->data = (mocket_span){ NULL, 0 };
    rc = mocket__multipart_head(mocket__arena(m->event), head, out);
    return rc < 0 ? fail(m, rc) : 1;
}

static ptrdiff_t read_part(mocket_multipart *m, void *buf, size_t cap)
{
    int rc = m->failed;
    while (rc == 0 && m->in_part && m->data.len == 0)
        rc = next_data(m);
    if (rc != 0)
        return rc < 0 ? rc : rc == 413 ? MOCKET_ETOOBIG : rc == 408 ? MOCKET_ETIMEDOUT : MOCKET_EINVAL;
    size_t n = m->data.len < cap ? m->data.len : cap;
    if (n)
        memcpy(buf, m->data.ptr, n);
    m->data = mocket__span_slice(m->data, n, m->data.len);
    return (ptrdiff_t)n;
}

ptrdiff_t mocket_multipart_read(mocket_multipart *m, void *buf, size_t cap)
{
    m->patient = false;
    return cap == 0 ? MOCKET_EINVAL : read_part(m, buf, cap);
}

int mocket_multipart_data(mocket_multipart *m, mocket_span *out)
{
    struct mocket_arena *a = mocket__arena(m->event);
    size_t len = 0, cap = 1024;
    char *bytes = mocket__arena_alloc(a, cap + 1);
    *out = MOCKET_SPAN("");
    m->patient = true;
    for (;;) {
        ptrdiff_t n = bytes ? read_part(m, bytes + len, cap - len) : MOCKET_ENOMEM;
        if (n < 0)
            return m->failed ? m->failed : (int)n;
        if (n == 0)
            break;
        len += (size_t)n;
        if (len < cap)
            continue;
        char *grown = mocket__arena_alloc(a, cap * 2 + 1);
        if (grown)
            memcpy(grown, bytes, len);
        bytes = grown;
        cap *= 2;
    }
    bytes[len] = '\0';
    *out = (mocket_span){ bytes, len };
    return 0;
}
