/* The functions with which an app reads a reply. They accept NULL, so that a test may read a reply before it checks
 * it. */
#include "reply.h"

#include "../base/buf.h"
#include "../base/container.h"
#include "../base/span.h"

#define PIECE 16384

int mocket_reply_status(const mocket_reply *r)
{
    return r ? r->status : 0;
}

const char *mocket_reply_header(const mocket_reply *r, const char *name)
{
    return r && name ? mocket__fields_join(&r->fields, r->arena, mocket__span(name)).ptr : NULL;
}

const mocket_fields *mocket_reply_headers(const mocket_reply *r)
{
    static const struct mocket_fields none = { 0 };
    return r ? &r->fields : &none;
}

/* Reads until the end or an error. */
static int read_whole(struct mocket_reply *r, struct mocket_buf *whole)
{
    for (;;) {
        char *room = mocket__buf_room(whole, PIECE);
        if (!room)
            return MOCKET_ENOMEM;
        ptrdiff_t n = r->source->read(r->source, room, PIECE);
        if (n <= 0)
            return (int)n;
        whole->len += (size_t)n;
        if (r->max_body >= 0 && whole->len > (uint64_t)r->max_body)
            return MOCKET_ETOOBIG;
    }
}

static void keep(struct mocket_reply *r, int rc, mocket_span body)
{
    r->body = rc == 0 ? mocket__arena_copy(r->arena, body) : body;
    if (rc == 0 && !r->body.ptr)
        rc = MOCKET_ENOMEM;
    r->body_status = rc;
    r->has_body = true;
    mocket_source_close(r->source);
}

int mocket_reply_body(mocket_reply *r, mocket_span *out)
{
    *out = (mocket_span){ NULL, 0 };
    if (!r)
        return MOCKET_EINVAL;
    if (r->source && !r->has_body) {
        struct mocket_buf whole = { 0 };
        r->reads_whole = true;
        int rc = read_whole(r, &whole);
        r->reads_whole = false;
        keep(r, rc, whole.len > 0 ? mocket__buf_view(&whole) : MOCKET_SPAN(""));
        mocket__buf_release(&whole);
    }
    if (r->body_status == 0)
        *out = r->body;
    return r->body_status;
}

static ptrdiff_t read_nothing(struct mocket_source *s, void *buf, size_t cap)
{
    const struct mocket_reply *r = MOCKET_CONTAINER_OF(s, struct mocket_reply, memory.source);
    (void)buf, (void)cap;
    return r->body_status;
}

mocket_source *mocket_reply_source(mocket_reply *r)
{
    if (r->source && !r->has_body)
        return r->source;
    if (!r->memory.source.read)
        mocket__source_memory(&r->memory, r->body);
    if (r->body_status < 0)
        r->memory.source.read = read_nothing;
    return &r->memory.source;
}
