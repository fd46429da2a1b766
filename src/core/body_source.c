/* The request body as a stream. It is a file of its own because an app that links it makes its guest ask the host for
 * streamed bodies (src/backend/guest/body.c). */
#include "backend.h"
#include "body.h"

struct limited {
    struct mocket_source source;
    mocket_event *event;
};

static ptrdiff_t limited_read(struct mocket_source *s, void *buf, size_t cap)
{
    return mocket__body_take(((struct limited *)s)->event, buf, cap);
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
    mocket__body_prepare(req);
    mocket__source_memory(&req->memory, req->whole);
    req->limited = &l->source;
    return req->limited;
}
