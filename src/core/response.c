/* The answer: setters that store the first mistake, and the function that sends the answer. */
#include "response.h"

#include <assert.h>

#include "../base/check.h"
#include "../base/span.h"
#include "event.h"

/* ---- headers ---- */

int mocket__response_set(struct mocket_response *res, mocket_span name, mocket_span value)
{
    struct mocket_fields *f = &res->fields;
    size_t kept = 0;
    bool found = false;
    for (size_t i = 0; i < f->count; i++) {
        bool same = mocket__span_ieq(f->rows[i].name, name);
        if (same && found)
            continue;
        if (same)
            f->rows[i].value = value;
        found = found || same;
        f->rows[kept++] = f->rows[i];
    }
    f->count = kept;
    return found ? 0 : mocket__fields_add(f, res->arena, name, value);
}

enum change { REPLACE, APPEND };

static void change_header(mocket_event *e, const char *name, const char *value, enum change change)
{
    struct mocket_response *res = e->res;
    if (mocket__head_sent(res) || !mocket__is_token(mocket__span(name))) {
        bool late = mocket__head_sent(res);
        mocket__event_problem(e, late ? MOCKET_ESTATE : MOCKET_EINVAL,
                              late ? "header set after the head was sent" : "a header name is not a token");
        return;
    }
    mocket_span trimmed = mocket__span_trim(mocket__span(value));
    if (!mocket__is_sent_value(trimmed)) {
        mocket__event_problem(e, MOCKET_EINVAL, "a header value contains a control byte");
        return;
    }
    mocket_span name_copy = mocket__arena_copy(res->arena, mocket__span(name));
    mocket_span value_copy = mocket__arena_copy(res->arena, trimmed);
    int rc = !name_copy.ptr || !value_copy.ptr ? MOCKET_ENOMEM
             : change == REPLACE               ? mocket__response_set(res, name_copy, value_copy)
                                               : mocket__fields_add(&res->fields, res->arena, name_copy, value_copy);
    if (rc < 0)
        mocket__event_problem(e, rc, "a header could not be set");
}

void mocket_header_set(mocket_event *e, const char *name, const char *value)
{
    if (value)
        change_header(e, name, value, REPLACE);
    else if (mocket__head_sent(e->res))
        mocket__event_problem(e, MOCKET_ESTATE, "header removed after the head was sent");
    else
        mocket__fields_remove(&e->res->fields, mocket__span(name));
}

void mocket_header_add(mocket_event *e, const char *name, const char *value)
{
    change_header(e, name, value ? value : "", APPEND);
}

const char *mocket_response_header(const mocket_event *e, const char *name)
{
    return mocket__fields_join(&e->res->fields, e->req->arena, mocket__span(name)).ptr;
}

/* ---- status ---- */

void mocket_status(mocket_event *e, int status)
{
    if (status < 200 || status > 599)
        mocket__event_problem(e, MOCKET_EINVAL, "a status must be 200 to 599");
    else if (mocket__head_sent(e->res))
        mocket__event_problem(e, MOCKET_ESTATE, "status set after the head was sent");
    else
        e->res->status = status;
}

int mocket_response_status(const mocket_event *e)
{
    if (e->res->kind == MOCKET_BODY_UPGRADE)
        return 101;
    bool answered = e->res->kind != MOCKET_BODY_NONE;
    return e->res->status ? e->res->status : answered ? 200 : 0;
}

bool mocket_response_body(const mocket_event *e, mocket_span *out)
{
    bool whole = e->res->kind == MOCKET_BODY_WHOLE;
    *out = whole && e->res->body.ptr ? e->res->body : MOCKET_SPAN("");
    return whole;
}

int64_t mocket_response_len(const mocket_event *e)
{
    const struct mocket_response *res = e->res;
    if (res->kind == MOCKET_BODY_WHOLE)
        return (int64_t)res->body.len;
    return res->kind == MOCKET_BODY_STREAM && res->has_len ? res->stream_len : -1;
}

bool mocket_response_committed(const mocket_event *e)
{
    return mocket__head_sent(e->res) || e->res->kind == MOCKET_BODY_BROKEN;
}

/* ---- after an error ---- */

static bool is_about_content(mocket_span name)
{
    static const char *const names[] = { "etag", "last-modified", "cache-control", "expires" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (mocket__span_ieq(name, mocket__span(names[i])))
            return true;
    bool policy = mocket__span_ieq(mocket__span_slice(name, 0, 23), MOCKET_SPAN("content-security-policy"));
    return !policy && mocket__span_ieq(mocket__span_slice(name, 0, 8), MOCKET_SPAN("content-"));
}

int mocket__response_take_back(struct mocket_response *res)
{
    if (mocket__head_sent(res) || res->kind == MOCKET_BODY_BROKEN)
        return MOCKET_ESTATE; /* the head was sent */
    if (res->stream && res->stream->close)
        res->stream->close(res->stream);
    res->stream = NULL;
    return 0;
}

void mocket__response_clear(struct mocket_response *res)
{
    size_t kept = 0;
    for (size_t i = 0; i < res->fields.count; i++)
        if (!is_about_content(res->fields.rows[i].name))
            res->fields.rows[kept++] = res->fields.rows[i];
    res->fields.count = kept;
    res->status = 0;
    res->kind = MOCKET_BODY_NONE;
    res->body = (mocket_span){ NULL, 0 };
    res->own_type = NULL;
    res->problem = 0;
}

/* ---- sending ---- */

void mocket__response_trim(struct mocket_response *res)
{
    static const char *const names[] = { "content-type", "content-length", "content-encoding", "content-language",
                                         "content-range" };
    for (size_t i = 0; res->status == 304 && i < sizeof names / sizeof *names; i++)
        mocket__fields_remove(&res->fields, mocket__span(names[i]));
}

/* Makes the request a socket, which owns the event from now on. If that fails, the client gets an error answer. */
static int upgrade(struct mocket_response *res, const struct mocket_response_head *head)
{
    int rc = res->sink->upgrade(res->sink, head, res->socket);
    if (rc == 0 || rc == MOCKET_ECLOSED) {
        res->kind = rc == 0 ? MOCKET_BODY_UPGRADED : MOCKET_BODY_BROKEN;
        return rc;
    }
    mocket__response_clear(res);
    int status = rc == MOCKET_ENOTSUP ? 501 : rc == MOCKET_ELIMIT ? 503 : rc == MOCKET_EINVAL ? 400 : 500;
    return res->sink->respond(res->sink, &(struct mocket_response_head){ status, &res->fields },
                              mocket__span(mocket_strerror(status)));
}

int mocket__response_send(struct mocket_response *res)
{
    struct mocket_response_head head = { res->status ? res->status : 200, &res->fields };
    mocket__response_trim(res);
    switch (res->kind) {
    case MOCKET_BODY_STREAM:
        return res->pump(res, &head);
    case MOCKET_BODY_WRITTEN:
        return res->sink->end(res->sink);
    case MOCKET_BODY_UPGRADE:
        head.status = 101;
        return upgrade(res, &head);
    case MOCKET_BODY_BROKEN:
        res->sink->abort(res->sink);
        return MOCKET_ESTATE;
    case MOCKET_BODY_WHOLE:
    case MOCKET_BODY_NONE:
    default:
        return res->sink->respond(res->sink, &head, res->body);
    }
}

void mocket__response_check(const struct mocket_response *res)
{
    assert((res->kind == MOCKET_BODY_STREAM) == !!res->stream);
    assert(res->kind != MOCKET_BODY_STREAM || !res->has_len || res->stream_len >= 0);
    assert((res->kind != MOCKET_BODY_UPGRADE && res->kind != MOCKET_BODY_UPGRADED) || res->socket);
    assert(res->body.ptr || res->body.len == 0);
}
