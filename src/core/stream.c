/* Streamed answers. The first mocket_write commits the head. After that the body can only continue or be cut. */
#include "../base/span.h"
#include "backend.h"

#define PUMP_BYTES 16384 /* of a streamed answer at a time */

static int commit(struct mocket_response *res)
{
    if (res->problem < 0)
        return res->problem;
    if (res->stream && res->stream->close)
        res->stream->close(res->stream);
    res->stream = NULL;
    mocket__stream_prepare(res);
    mocket__response_trim(res);
    struct mocket_response_head head = { res->status ? res->status : 200, &res->fields };
    int rc = res->sink->begin(res->sink, &head, mocket__fields_len(&res->fields));
    res->kind = rc < 0 ? MOCKET_BODY_BROKEN : MOCKET_BODY_WRITTEN;
    return rc;
}

int mocket_write(mocket_event *e, mocket_span chunk)
{
    struct mocket_response *res = e->res;
    if (res->kind == MOCKET_BODY_BROKEN)
        return MOCKET_ECLOSED;
    if (res->kind == MOCKET_BODY_UPGRADED)
        return MOCKET_ESTATE;
    int rc = res->kind == MOCKET_BODY_WRITTEN ? 0 : commit(res);
    if (rc == 0 && chunk.len > 0)
        rc = res->sink->write(res->sink, chunk);
    if (rc < 0 && res->kind == MOCKET_BODY_WRITTEN)
        res->kind = MOCKET_BODY_BROKEN;
    return rc;
}

/* Nothing was sent yet, so the client can still get a regular error answer. */
static int no_memory(struct mocket_response *res)
{
    static const struct mocket_fields none = { 0 };
    if (res->stream->close)
        res->stream->close(res->stream);
    return res->sink->respond(res->sink, &(struct mocket_response_head){ 500, &none }, (mocket_span){ NULL, 0 });
}

static int pump(struct mocket_response *res, const struct mocket_response_head *head)
{
    struct mocket_sink *sink = res->sink;
    char *piece = mocket__arena_alloc(res->arena, PUMP_BYTES);
    int64_t left = res->has_len ? res->stream_len : INT64_MAX;
    if (!piece)
        return no_memory(res);
    int rc = sink->begin(sink, head, res->has_len ? left : -1);
    while (rc == 0) {
        ptrdiff_t n = res->stream->read(res->stream, piece, PUMP_BYTES);
        if (n == 0 && res->has_len && left > 0)
            n = MOCKET_EIO; /* it was announced to be longer */
        if (n == 0)
            break;
        rc = n < 0 ? (int)n : n > left ? MOCKET_EIO : sink->write(sink, (mocket_span){ piece, (size_t)n });
        left -= n > 0 ? n : 0;
    }
    if (res->stream->close)
        res->stream->close(res->stream);
    if (rc == 0)
        return sink->end(sink);
    sink->abort(sink);
    return rc;
}

int mocket_stream(mocket_event *e, mocket_source *take)
{
    struct mocket_response *res = e->res;
    if (!take)
        return MOCKET_EINVAL;
    if (mocket_response_committed(e)) {
        if (take->close)
            take->close(take);
        return MOCKET_ESTATE;
    }
    if (res->stream && res->stream != take && res->stream->close)
        res->stream->close(res->stream);
    mocket__stream_prepare(res);
    res->kind = MOCKET_BODY_STREAM;
    res->pump = pump;
    res->stream = take;
    res->has_len = false;
    return 0;
}

/* HEAD: the length stands in a field, since there will be no body to count. */
static int announce_len(mocket_event *e, mocket_source *take, int64_t len)
{
    mocket__announce_len(e, len);
    e->res->kind = MOCKET_BODY_WHOLE;
    e->res->body = (mocket_span){ NULL, 0 };
    e->res->stream = NULL;
    mocket_source_close(take);
    return 0;
}

int mocket_stream_len(mocket_event *e, mocket_source *take, int64_t len)
{
    if (len < 0) {
        mocket_source_close(take);
        return MOCKET_EINVAL;
    }
    int rc = mocket_stream(e, take);
    if (rc < 0)
        return rc;
    if (e->req->message.method == MOCKET_METHOD_HEAD)
        return announce_len(e, take, len);
    e->res->stream_len = len;
    e->res->has_len = true;
    return 0;
}

mocket_source *mocket_response_take_stream(mocket_event *e)
{
    struct mocket_response *res = e->res;
    struct mocket_source *stream = res->kind == MOCKET_BODY_STREAM ? res->stream : NULL;
    if (!stream)
        return NULL;
    res->kind = MOCKET_BODY_NONE;
    res->stream = NULL;
    return stream;
}
