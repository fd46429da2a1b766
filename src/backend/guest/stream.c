/* Streamed answers of a guest: respond_begin, body_write, body_end, and a wait while the client is slow.
 *
 * Linked only into apps that stream, since it imports `await` (docs/abi.md, section 2). A host that cannot stream
 * returns ENOTSUP for respond_begin. The answer is then collected and sent whole, so that the app works there too. */
#include "../../abi/codec.h"
#include "../../base/span.h"
#include "../../core/backend.h"
#include "imports.h"
#include "sink.h"

enum { FOR_WRITING = 1 };

/* The same fields with a Content-Length of len: that is how a host learns it. 0 or MOCKET_ENOMEM. */
static int announce(struct mocket_guest_sink *g, const struct mocket_fields *fields, int64_t len,
                    struct mocket_fields *out)
{
    int rc = 0;
    *out = (struct mocket_fields){ 0 };
    for (size_t i = 0; rc == 0 && i < fields->count; i++)
        rc = mocket__fields_add(out, g->arena, fields->rows[i].name, fields->rows[i].value);
    mocket__fields_remove(out, MOCKET_SPAN("content-length"));
    return rc < 0 ? rc : mocket__fields_add_len(out, g->arena, (uint64_t)len);
}

static int begin(struct mocket_sink *s, const struct mocket_response_head *head, int64_t body_len)
{
    struct mocket_guest_sink *g = (struct mocket_guest_sink *)s;
    struct mocket_fields announced = *head->fields;
    if (body_len >= 0 && announce(g, head->fields, body_len, &announced) < 0)
        return MOCKET_ENOMEM;
    mocket_span bytes = mocket__abi_head_make(g->arena, head->status, &announced);
    if (!bytes.ptr)
        return MOCKET_ENOMEM;
    int rc = mocket__import_respond_begin(g->req, bytes.ptr, (uint32_t)bytes.len);
    if (rc != MOCKET_ENOTSUP)
        return rc;
    g->collects = true;
    g->head = *head;
    return 0;
}

/* Waits until the host takes bytes again. Returns 0, or the code that every further write would return. */
static int wait_for_room(const struct mocket_guest_sink *g)
{
    int32_t op = mocket__import_ready(g->req, FOR_WRITING);
    return op < 0 ? op : mocket__import_await(op);
}

static int collect(struct mocket_guest_sink *g, mocket_span bytes)
{
    mocket__buf_add(&g->collected, bytes.ptr, bytes.len);
    return mocket__buf_status(&g->collected);
}

static int write_all(struct mocket_sink *s, mocket_span bytes)
{
    struct mocket_guest_sink *g = (struct mocket_guest_sink *)s;
    if (g->collects)
        return collect(g, bytes);
    while (bytes.len > 0) {
        int32_t taken = mocket__import_body_write(g->req, bytes.ptr, (uint32_t)bytes.len);
        int rc = taken == MOCKET_EAGAIN ? wait_for_room(g) : taken;
        if (rc < 0)
            return rc;
        if (taken > 0)
            bytes = (mocket_span){ bytes.ptr + taken, bytes.len - (size_t)taken };
    }
    return 0;
}

static int end(struct mocket_sink *s)
{
    struct mocket_guest_sink *g = (struct mocket_guest_sink *)s;
    if (!g->collects)
        return mocket__import_body_end(g->req);
    int rc = mocket__buf_status(&g->collected);
    if (rc == 0)
        rc = s->respond(s, &g->head, mocket__buf_view(&g->collected));
    mocket__buf_release(&g->collected);
    return rc;
}

/* Gives up an answer. If it was begun, the host cuts it. If it was only collected, the host answers itself. */
static void give_up(struct mocket_sink *s)
{
    mocket__buf_release(&((struct mocket_guest_sink *)s)->collected);
}

void mocket__stream_prepare(struct mocket_response *res)
{
    struct mocket_sink *sink = res->sink;
    sink->begin = begin;
    sink->write = write_all;
    sink->end = end;
    sink->abort = give_up;
}
