/* Answers that are whole: text, HTML, bytes, nothing. */
#include "../base/span.h"
#include "event.h"

/* Sets own_type as Content-Type unless the app has set one. A type that an earlier answer function chose is
 * replaced. */
static int set_type(struct mocket_response *res, const char *type)
{
    size_t at = 0;
    const struct mocket_field *set = mocket__fields_next(&res->fields, MOCKET_SPAN("content-type"), &at);
    if (set && set->value.ptr != res->own_type)
        return 0;
    mocket_span copy = mocket__arena_copy(res->arena, mocket__span(type));
    res->own_type = copy.ptr;
    return copy.ptr ? mocket__response_set(res, MOCKET_SPAN("Content-Type"), copy) : MOCKET_ENOMEM;
}

int mocket__answer(mocket_event *e, mocket_span body, const char *type)
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

static int answer_copy(mocket_event *e, const char *text, const char *type)
{
    mocket_span copy = mocket__arena_copy(mocket__arena(e), mocket__span(text ? text : ""));
    return copy.ptr ? mocket__answer(e, copy, type) : MOCKET_ENOMEM;
}

int mocket_text(mocket_event *e, const char *text)
{
    return answer_copy(e, text, "text/plain; charset=utf-8");
}

int mocket_html(mocket_event *e, const char *html)
{
    return answer_copy(e, html, "text/html; charset=utf-8");
}

int mocket_bytes(mocket_event *e, mocket_span body, const char *type)
{
    if (type && !mocket__is_sent_value(mocket__span(type)))
        return MOCKET_EINVAL;
    return mocket__answer(e, body, type ? type : "application/octet-stream");
}

void mocket__announce_len(mocket_event *e, int64_t len)
{
    char digits[24];
    digits[mocket__decimal(digits, (uint64_t)len) - digits] = '\0';
    mocket_header_set(e, "Content-Length", digits);
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
    else if (len >= 0 && !mocket_response_header(e, "Content-Length"))
        mocket__announce_len(e, len);
    e->res->own_type = NULL;
    e->res->kind = MOCKET_BODY_WHOLE;
    e->res->body = (mocket_span){ NULL, 0 };
    return 0;
}
