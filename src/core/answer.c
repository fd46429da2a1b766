/* Answers that are whole: text, HTML, bytes, nothing. */
#include "../base/span.h"
#include "event.h"

static const struct mocket_field *first_of(const struct mocket_response *res, mocket_span name)
{
    size_t at = 0;
    return mocket__fields_next(&res->fields, name, &at);
}

/* Sets own_type as Content-Type unless the app has set one. A type that an earlier answer function chose is
 * replaced. */
static int set_type(struct mocket_response *res, mocket_span type)
{
    const struct mocket_field *set = first_of(res, MOCKET_SPAN("content-type"));
    if (set && set->value.ptr != res->own_type)
        return 0;
    res->own_type = type.ptr;
    return set ? mocket__response_set(res, MOCKET_SPAN("Content-Type"), type)
               : mocket__fields_add(&res->fields, res->arena, MOCKET_SPAN("Content-Type"), type);
}

int mocket__answer(mocket_event *e, mocket_span body, mocket_span type)
{
    struct mocket_response *res = e->res;
    int rc = mocket__response_take_back(res);
    if (rc == 0)
        rc = set_type(res, type);
    if (rc < 0)
        return rc;
    res->kind = MOCKET_BODY_WHOLE;
    res->body = body;
    return 0;
}

static int answer_copy(mocket_event *e, const char *text, mocket_span type)
{
    mocket_span copy = mocket__arena_copy(mocket__arena(e), mocket__span(text ? text : ""));
    return copy.ptr ? mocket__answer(e, copy, type) : MOCKET_ENOMEM;
}

int mocket_text(mocket_event *e, const char *text)
{
    return answer_copy(e, text, MOCKET_SPAN("text/plain; charset=utf-8"));
}

int mocket_html(mocket_event *e, const char *html)
{
    return answer_copy(e, html, MOCKET_SPAN("text/html; charset=utf-8"));
}

int mocket_bytes(mocket_event *e, mocket_span body, const char *type)
{
    if (!type)
        return mocket__answer(e, body, MOCKET_SPAN("application/octet-stream"));
    if (!mocket__is_sent_value(mocket__span(type)))
        return MOCKET_EINVAL;
    mocket_span copy = mocket__arena_copy(mocket__arena(e), mocket__span(type));
    return copy.ptr ? mocket__answer(e, body, copy) : MOCKET_ENOMEM;
}

void mocket__announce_len(mocket_event *e, int64_t len)
{
    char digits[20];
    mocket_span text = { digits, (size_t)(mocket__decimal(digits, (uint64_t)len) - digits) };
    text = mocket__arena_copy(mocket__arena(e), text);
    int rc = text.ptr ? mocket__response_set(e->res, MOCKET_SPAN("Content-Length"), text) : MOCKET_ENOMEM;
    if (rc < 0)
        mocket__event_problem(e, rc, "Content-Length could not be set");
}

/* A 304 keeps the fields of its content until its head is sent (mocket__response_trim), because middlewares decide by
 * them. */
int mocket_empty(mocket_event *e, int status)
{
    int64_t len = mocket_response_len(e);
    int rc = mocket__response_take_back(e->res);
    if (rc < 0)
        return rc;
    if (status)
        mocket_status(e, status);
    else if (!e->res->status)
        e->res->status = 204;
    if (e->res->status != 304)
        mocket__fields_remove(&e->res->fields, MOCKET_SPAN("content-type"));
    else if (len >= 0 && !first_of(e->res, MOCKET_SPAN("content-length")))
        mocket__announce_len(e, len);
    e->res->own_type = NULL;
    e->res->kind = MOCKET_BODY_WHOLE;
    e->res->body = (mocket_span){ NULL, 0 };
    return 0;
}
