/* Checks outgoing requests before they are sent, once for every backend. So no backend sends a header that splits the
 * head, or a URL that two parsers read differently.
 *
 * A URL follows RFC 3986. Servers accept bytes in a target that a URL must not contain ('|', '"'), and a proxy must be
 * able to pass such a target on. So visible bytes of this kind behind the authority are percent-encoded. Blanks,
 * control bytes and bytes above 0x7E are refused. User information is refused too, because it would become a header
 * that the app did not set. The fragment is not sent. */
#include "fetch.h"

#include "../base/deadline.h"
#include "../base/span.h"
#include "../http/method.h"
#include "../http/url.h"

/* ---- the URL ---- */

/* Returns whether the port of an authority is valid. */
static bool port_ok(mocket_span authority)
{
    size_t at = authority.len;
    while (at > 0 && authority.ptr[at - 1] != ':' && authority.ptr[at - 1] != ']')
        at--;
    if (at == 0 || authority.ptr[at - 1] == ']' || at == authority.len)
        return true; /* none, or an empty one */
    return mocket__span_decimal(mocket__span_slice(authority, at, authority.len), 65535) > 0;
}

/* Copies the URL to the event's memory and percent-encodes the bytes behind the first begin bytes where needed. */
static int mend(mocket_event *e, mocket_span url, size_t begin, mocket_span *out)
{
    struct mocket_buf text = { 0 };
    mocket__buf_span(&text, mocket__span_slice(url, 0, begin));
    bool ok = mocket__url_mend(&text, mocket__span_slice(url, begin, url.len));
    int rc = ok ? mocket__buf_status(&text) : MOCKET_EINVAL;
    if (rc == 0)
        *out = mocket__arena_copy(mocket__arena(e), mocket__buf_view(&text));
    mocket__buf_release(&text);
    return rc < 0 ? rc : out->ptr ? 0 : MOCKET_ENOMEM;
}

static int plan_url(mocket_event *e, const char *text, mocket_span *out)
{
    mocket_span url = mocket__span(text), authority, target;
    url = mocket__span_slice(url, 0, mocket__span_find(url, '#', 0));
    if (!mocket__target_absolute(mocket__arena(e), url, &authority, &target))
        return mocket__arena(e)->failed ? MOCKET_ENOMEM : MOCKET_EINVAL;
    if (authority.ptr[0] == ':' || !port_ok(authority) || !mocket__has_url_bytes(authority))
        return MOCKET_EINVAL;
    return mend(e, url, (size_t)(authority.ptr + authority.len - url.ptr), out);
}

/* ---- the header ---- */

static int plan_field(mocket_event *e, const char *line, struct mocket_fields *out)
{
    struct mocket_field field;
    if (!mocket__field_of_line(mocket__span(line), &field) || mocket__is_hop_by_hop(field.name) ||
        mocket__span_ieq(field.name, MOCKET_SPAN("content-length")))
        return MOCKET_EINVAL;
    mocket_span name = mocket__arena_copy(mocket__arena(e), field.name);
    mocket_span value = mocket__arena_copy(mocket__arena(e), field.value.len > 0 ? field.value : MOCKET_SPAN(""));
    return name.ptr && value.ptr ? mocket__fields_add(out, mocket__arena(e), name, value) : MOCKET_ENOMEM;
}

/* ---- the whole ---- */

static int plan_method(mocket_event *e, const char *text, mocket_span *out)
{
    mocket_span method = mocket__span(text);
    if (!mocket__is_token(method) || mocket__method_of(method) == MOCKET_METHOD_CONNECT)
        return MOCKET_EINVAL;
    *out = mocket__arena_copy(mocket__arena(e), method);
    return out->ptr ? 0 : MOCKET_ENOMEM;
}

static int plan_opts(struct mocket_fetch_opts *o)
{
    if ((o->body.ptr && o->source) || (!o->body.ptr && o->body.len > 0))
        return MOCKET_EINVAL;
    if (o->source_len < 0 || o->max_body < MOCKET_UNLIMITED)
        return MOCKET_EINVAL;
    if (o->timeout_ms == 0)
        o->timeout_ms = MOCKET_OUTGOING_TIMEOUT_MS;
    if (o->max_body == 0)
        o->max_body = MOCKET_FETCH_MAX_BODY;
    return 0;
}

int mocket__fetch_plan(mocket_event *e, const char *method, const char *url, const struct mocket_fetch_opts *opts,
                       struct mocket_fetch_plan *out)
{
    *out = (struct mocket_fetch_plan){ 0 };
    mocket_opts_read(&out->opts, sizeof out->opts, opts);
    int rc = plan_opts(&out->opts);
    if (rc == 0)
        rc = plan_method(e, method, &out->method);
    if (rc == 0 && mocket__method_of(out->method) == MOCKET_METHOD_HEAD && (out->opts.body.ptr || out->opts.source))
        rc = MOCKET_EINVAL;
    if (rc == 0)
        rc = plan_url(e, url, &out->url);
    for (const char *const *line = out->opts.headers; rc == 0 && line && *line; line++)
        rc = plan_field(e, *line, &out->fields);
    return rc;
}

int mocket_fetch(mocket_event *e, const char *method, const char *url, const struct mocket_fetch_opts *opts,
                 mocket_reply **out)
{
    return mocket_wait(e, mocket_fetch_start(e, method, url, opts), out);
}
