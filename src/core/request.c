/* The functions with which handlers read a request. A view from the backend becomes a C string in the request's arena
 * when a handler asks for it. Query, cookies and headers are parsed at the first call. */
#include "request.h"

#include "../base/span.h"
#include "../http/cookie.h"
#include "../http/query.h"
#include "../http/url.h"
#include "backend.h"
#include "event.h"

static const char *text_of(mocket_event *e, mocket_span s)
{
    return mocket__arena_text(mocket__arena(e), s);
}

void mocket__request_begin(struct mocket_request *req, int64_t body_limit)
{
    mocket__target_split(req->message.target, &req->path, &req->query_text);
    req->limit = body_limit;
}

const char *mocket_method(mocket_event *e)
{
    mocket_span known = mocket__method_text(e->req->message.method);
    return known.ptr ? known.ptr : text_of(e, e->req->message.method_text);
}

const char *mocket_path(mocket_event *e)
{
    return text_of(e, e->req->path);
}

const char *mocket_path_canonical(mocket_event *e)
{
    mocket_span canonical;
    int rc = mocket__path_canonical(mocket__arena(e), e->req->path, &canonical);
    return rc == 0 ? text_of(e, canonical) : NULL;
}

const char *mocket_query_string(mocket_event *e)
{
    return text_of(e, e->req->query_text);
}

const char *mocket_authority(mocket_event *e)
{
    return text_of(e, e->req->message.authority);
}

const char *mocket_peer(mocket_event *e)
{
    mocket__request_fields(e->req); /* the peer comes with them */
    return text_of(e, e->req->message.peer);
}

const char *mocket_scheme(mocket_event *e)
{
    return e->req->message.flags & MOCKET_MESSAGE_TLS ? "https" : "http";
}

/* ---- one value by name ---- */

/* Names are unique: the router keeps the last capture. */
static const struct mocket_field *param_row(mocket_event *e, mocket_span name)
{
    const struct mocket_fields *params = &e->req->params;
    for (size_t i = 0; i < params->count; i++)
        if (mocket__span_eq(params->rows[i].name, name))
            return &params->rows[i];
    return NULL;
}

const char *mocket_param(mocket_event *e, const char *name)
{
    const struct mocket_field *row = param_row(e, mocket__span(name));
    return row ? text_of(e, row->value) : NULL;
}

const char *mocket_param_decoded(mocket_event *e, const char *name)
{
    const struct mocket_field *row = param_row(e, mocket__span(name));
    return row ? mocket_url_decode(e, row->value) : NULL;
}

const struct mocket_fields *mocket__request_fields(struct mocket_request *req)
{
    if (req->message.flags & MOCKET_MESSAGE_ON_DEMAND)
        mocket__request_complete(req);
    return &req->message.fields;
}

mocket_span mocket__request_field(mocket_event *e, mocket_span name)
{
    return mocket__fields_join(mocket__request_fields(e->req), mocket__arena(e), name);
}

const char *mocket_header(mocket_event *e, const char *name)
{
    return mocket__request_field(e, mocket__span(name)).ptr;
}

static const struct mocket_fields *query_of(mocket_event *e)
{
    struct mocket_request *req = e->req;
    if (!req->has_query)
        mocket__query_parse(req->query_text, req->arena, &req->query);
    req->has_query = true;
    return &req->query;
}

const char *mocket_query(mocket_event *e, const char *name)
{
    return mocket_fields_get(query_of(e), name);
}

/* ---- all values ---- */

enum spelling { AS_IT_IS, LOWER_CASE };

/* A row of C strings. */
static void add_copy(struct mocket_fields *f, struct mocket_arena *a, struct mocket_field row, enum spelling spelling)
{
    mocket_span name = mocket__arena_copy(a, row.name), value = mocket__arena_copy(a, row.value);
    if (!name.ptr || !value.ptr)
        return;
    char *letters = (char *)name.ptr;
    for (size_t i = 0; spelling == LOWER_CASE && i < name.len; i++)
        letters[i] = mocket__lower(letters[i]);
    mocket__fields_add(f, a, name, value);
}

static struct mocket_fields copy_of(const struct mocket_fields *from, struct mocket_arena *a, enum spelling spelling)
{
    struct mocket_fields copy = { 0 };
    for (size_t i = 0; i < from->count; i++)
        add_copy(&copy, a, from->rows[i], spelling);
    return copy;
}

static const struct mocket_fields *headers_of(mocket_event *e)
{
    struct mocket_request *req = e->req;
    if (!req->has_headers)
        req->headers = copy_of(mocket__request_fields(req), req->arena, LOWER_CASE);
    req->has_headers = true;
    return &req->headers;
}

static const struct mocket_fields *cookies_of(mocket_event *e)
{
    struct mocket_request *req = e->req;
    const struct mocket_field *line;
    if (req->has_cookies)
        return &req->cookies;
    const struct mocket_fields *fields = mocket__request_fields(req);
    for (size_t at = 0; (line = mocket__fields_next(fields, MOCKET_SPAN("cookie"), &at));)
        mocket__cookie_parse(line->value, req->arena, &req->cookies);
    req->has_cookies = true;
    return &req->cookies;
}

static const struct mocket_fields *params_of(mocket_event *e)
{
    struct mocket_fields *copy = mocket_mem(e, sizeof *copy);
    if (!copy)
        return &e->req->query; /* any empty list works; the arena is marked as failed */
    *copy = copy_of(&e->req->params, e->req->arena, AS_IT_IS);
    return copy;
}

const char *mocket_cookie(mocket_event *e, const char *name)
{
    return mocket_fields_get(cookies_of(e), name);
}

const mocket_fields *mocket_fields_of(mocket_event *e, enum mocket_part part)
{
    switch (part) {
    case MOCKET_PARAMS:
        return params_of(e);
    case MOCKET_QUERY:
        return query_of(e);
    case MOCKET_HEADERS:
        return headers_of(e);
    case MOCKET_COOKIES:
    default:
        return cookies_of(e);
    }
}
