/* The rules are those of the native client (src/backend/native/client/head.c): 303, and 301 and 302 for POST, become
 * GET; a streamed body cannot be sent twice, so other redirects of it are the guest's; credentials stay with their
 * origin. */
#include "redirect.h"

#include "../../../src/base/span.h"
#include "../../../src/http/redirect.h"
#include "../../../src/http/url.h"

int adapter_url_set(struct adapter_outgoing *o, mocket_span url)
{
    url = mocket__span_slice(url, 0, mocket__span_find(url, '#', 0));
    o->https = url.len > 4 && mocket__lower(url.ptr[4]) == 's';
    if (mocket__target_absolute(&o->arena, url, &o->authority, &o->target))
        return 0;
    return o->arena.failed ? MOCKET_ENOMEM : MOCKET_EINVAL;
}

/* ---- Relative references ---- */

/* Removes "." and ".." segments from a path in place. Returns the new length. */
static size_t remove_dots(char *path, size_t len)
{
    size_t out = 0, at = 0;
    while (at < len) {
        size_t end = at + 1; /* path[at] is a slash */
        while (end < len && path[end] != '/')
            end++;
        mocket_span segment = { path + at + 1, end - at - 1 };
        bool last = end == len;
        if (mocket__span_eq(segment, MOCKET_SPAN("..")))
            while (out > 0 && path[--out] != '/')
                continue;
        if (mocket__span_eq(segment, MOCKET_SPAN("..")) || mocket__span_eq(segment, MOCKET_SPAN("."))) {
            if (last)
                path[out++] = '/';
        } else {
            for (size_t i = at; i < end; i++)
                path[out++] = path[i];
        }
        at = end;
    }
    return out;
}

/* The part of the old target that a reference keeps. */
static mocket_span kept_part(mocket_span target, mocket_span reference)
{
    mocket_span path = mocket__span_slice(target, 0, mocket__span_find(target, '?', 0));
    if (reference.ptr[0] == '/')
        return MOCKET_SPAN("");
    if (reference.ptr[0] == '?')
        return path;
    while (path.len > 0 && path.ptr[path.len - 1] != '/')
        path.len--;
    return path.len > 0 ? path : MOCKET_SPAN("/");
}

static int set_target(struct adapter_outgoing *o, mocket_span reference)
{
    mocket_span kept = kept_part(o->target, reference);
    char *text = mocket__arena_alloc(&o->arena, kept.len + reference.len);
    if (!text)
        return MOCKET_ENOMEM;
    memcpy(text, kept.ptr, kept.len);
    memcpy(text + kept.len, reference.ptr, reference.len);
    mocket_span whole = { text, kept.len + reference.len };
    size_t path_len = mocket__span_find(whole, '?', 0), len = remove_dots(text, path_len);
    memmove(text + len, text + path_len, whole.len - path_len);
    o->target = (mocket_span){ text, len + whole.len - path_len };
    return 0;
}

static bool has_scheme(mocket_span s)
{
    for (size_t i = 0; i < s.len && !strchr("/?", s.ptr[i]); i++)
        if (s.ptr[i] == ':')
            return true;
    return false;
}

/* "//host/path" */
static int set_host(struct adapter_outgoing *o, mocket_span reference)
{
    mocket_span scheme = o->https ? MOCKET_SPAN("https:") : MOCKET_SPAN("http:");
    char *url = mocket__arena_alloc(&o->arena, scheme.len + reference.len);
    if (!url)
        return MOCKET_ENOMEM;
    memcpy(url, scheme.ptr, scheme.len);
    memcpy(url + scheme.len, reference.ptr, reference.len);
    return adapter_url_set(o, (mocket_span){ url, scheme.len + reference.len });
}

static int go_to(struct adapter_outgoing *o, mocket_span location)
{
    struct mocket_buf mended = { 0 };
    location = mocket__span_slice(location, 0, mocket__span_find(location, '#', 0));
    bool valid = mocket__url_mend(&mended, location);
    mocket_span reference = mocket__arena_copy(&o->arena, mocket__buf_view(&mended));
    mocket__buf_release(&mended);
    if (!valid || reference.len == 0)
        return valid ? 0 : MOCKET_EIO;
    int rc;
    if (has_scheme(reference))
        rc = adapter_url_set(o, reference);
    else if (reference.len > 1 && memcmp(reference.ptr, "//", 2) == 0)
        rc = set_host(o, reference);
    else
        rc = set_target(o, reference);
    return rc == MOCKET_EINVAL ? MOCKET_EIO : rc;
}

/* ---- The next request ---- */

static bool becomes_get(const struct adapter_outgoing *o)
{
    return mocket__redirect_is_get(o->status, o->request.method);
}

static void keep_fields(struct adapter_outgoing *o, bool body, bool secrets)
{
    struct mocket_fields *f = &o->request.fields;
    size_t kept = 0;
    for (size_t i = 0; i < f->count; i++)
        if ((body || !mocket__redirect_needs_body(f->rows[i].name)) &&
            (secrets || !mocket__redirect_is_secret(f->rows[i].name)))
            f->rows[kept++] = f->rows[i];
    f->count = kept;
}

static bool same_origin(mocket_span a, mocket_span b, bool https)
{
    mocket_span host_a, host_b;
    int64_t port_a, port_b, usual = https ? 443 : 80;
    if (!mocket__authority_split(a, &host_a, &port_a) || !mocket__authority_split(b, &host_b, &port_b))
        return false;
    return mocket__same_host(host_a, host_b) && (port_a < 0 ? usual : port_a) == (port_b < 0 ? usual : port_b);
}

int adapter_redirect(struct adapter_outgoing *o)
{
    size_t at = 0;
    if (!o->request.follow || !mocket__is_redirect(o->status))
        return 0;
    const struct mocket_field *row = mocket__fields_next(&o->fields, MOCKET_SPAN("location"), &at);
    if (!row || row->value.len == 0 || (o->streams && !becomes_get(o)))
        return 0;
    if (++o->redirects > MOCKET_REDIRECTS_MAX)
        return MOCKET_ELIMIT;
    bool https = o->https, get = becomes_get(o);
    mocket_span authority = o->authority;
    int rc = go_to(o, row->value);
    if (rc < 0)
        return rc;
    if (get) {
        o->request.method = MOCKET_SPAN("GET");
        o->body = (mocket_span){ NULL, 0 };
        o->stopped |= o->streams && !o->finished;
        o->sends_body = false;
    }
    keep_fields(o, !get, https == o->https && same_origin(authority, o->authority, https));
    return 1;
}
