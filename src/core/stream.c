/* Streamed answers. The first mocket_write commits the head. After that the body can only continue or be cut. */
#include "../base/span.h"
#include "backend.h"

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
