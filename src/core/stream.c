/* Streamed answers. The first mocket_write commits the head: from then on only the body can go on, or break. */
#include "../base/span.h"
#include "event.h"

static int commit(struct mocket_response *res)
{
    if (res->problem < 0)
        return res->problem;
    if (res->stream && res->stream->close)
        res->stream->close(res->stream);
    res->stream = NULL;
    struct mocket_head head = { res->status ? res->status : 200, &res->fields };
    int rc = res->sink->begin(res->sink, &head, -1);
    res->kind = rc < 0 ? MOCKET_BODY_BROKEN : MOCKET_BODY_WRITTEN;
    return rc;
}

int mocket_write(mocket_event *e, mocket_span chunk)
{
    struct mocket_response *res = e->res;
    if (res->kind == MOCKET_BODY_BROKEN)
        return MOCKET_ECLOSED;
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
    if (res->kind == MOCKET_BODY_WRITTEN || res->kind == MOCKET_BODY_BROKEN) {
        if (take->close)
            take->close(take);
        return MOCKET_ESTATE;
    }
    if (res->stream && res->stream != take && res->stream->close)
        res->stream->close(res->stream);
    res->kind = MOCKET_BODY_STREAM;
    res->stream = take;
    return 0;
}
