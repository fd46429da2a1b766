/* Cookies both ways.
 *
 * Parsing is tolerant: a Cookie header contains what any script of the site has put there, and one malformed pair must
 * not hide the others. Writing is strict: browsers would not agree on a cookie that breaks a rule. Everything is
 * checked before the first byte is written. */
#include "cookie.h"

#include "../base/span.h"

/* ---- Reading --------------------------------------------------------------------------------------------------- */

static mocket_span without_quotes(mocket_span s)
{
    bool quoted = s.len >= 2 && s.ptr[0] == '"' && s.ptr[s.len - 1] == '"';
    return quoted ? mocket__span_slice(s, 1, s.len - 1) : s;
}

/* A view of at most s.len bytes at s.ptr, in memory of ours, that gets its NUL: the byte behind it is a delimiter. */
static mocket_span end_here(char *text, size_t from, mocket_span s)
{
    text[from + s.len] = '\0';
    return (mocket_span){ text + from, s.len };
}

int mocket__cookie_parse(mocket_span header, struct mocket_arena *a, struct mocket_fields *out)
{
    if (header.len == 0)
        return 0;
    char *text = mocket__arena_alloc(a, header.len + 1);
    if (!text)
        return MOCKET_ENOMEM;
    memcpy(text, header.ptr, header.len);
    text[header.len] = '\0';
    for (size_t at = 0; at < header.len;) {
        size_t end = mocket__span_find(header, ';', at);
        mocket_span pair = mocket__span_slice(header, at, end);
        size_t split = mocket__span_find(pair, '=', 0);
        mocket_span name = mocket__span_trim(mocket__span_slice(pair, 0, split));
        mocket_span value = without_quotes(mocket__span_trim(mocket__span_slice(pair, split + 1, pair.len)));
        at = end + 1;
        if (name.len == 0)
            continue;
        size_t name_at = (size_t)(name.ptr - header.ptr), value_at = (size_t)(value.ptr - header.ptr);
        int rc = mocket__fields_add(out, a, end_here(text, name_at, name), end_here(text, value_at, value));
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* ---- Writing --------------------------------------------------------------------------------------------------- */

/* cookie-octet (RFC 6265bis, section 4.1.1), perhaps within quotes. */
static bool is_cookie_value(mocket_span s)
{
    s = without_quotes(s);
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (c <= ' ' || c > '~' || c == '"' || c == ',' || c == ';' || c == '\\')
            return false;
    }
    return true;
}

static bool is_path_value(mocket_span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] < ' ' || s.ptr[i] > '~' || s.ptr[i] == ';')
            return false;
    return s.len == 0 || s.ptr[0] == '/';
}

static bool is_domain_value(mocket_span s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = mocket__lower(s.ptr[i]);
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_'))
            return false;
    }
    return true;
}

static bool has_prefix(mocket_span s, mocket_span prefix)
{
    return mocket__span_ieq(mocket__span_slice(s, 0, prefix.len), prefix);
}

/* Checks the rules of browsers for these names and for Partitioned; browsers drop a cookie that breaks them. */
static bool keeps_rules(mocket_span name, const struct mocket_cookie_opts *o)
{
    bool secure = o->secure || o->same_site == MOCKET_SAME_SITE_NONE;
    if (has_prefix(name, MOCKET_SPAN("__Host-")))
        return secure && mocket__span_eq(mocket__span(o->path), MOCKET_SPAN("/")) && mocket__span(o->domain).len == 0;
    return secure || !(o->partitioned || has_prefix(name, MOCKET_SPAN("__Secure-")));
}

/* The options as this library knows them: a caller built with an older header has a shorter struct. */
struct mocket_cookie_opts mocket__cookie_opts(const struct mocket_cookie_opts *opts)
{
    struct mocket_cookie_opts known;
    mocket_opts_read(&known, sizeof known, opts);
    return known;
}

static void write_attribute(struct mocket_buf *out, const char *name, const char *value)
{
    if (!value || !*value)
        return;
    mocket__buf_text(out, name);
    mocket__buf_text(out, value);
}

int mocket__cookie_write(struct mocket_buf *out, mocket_span name, mocket_span value,
                         const struct mocket_cookie_opts *opts)
{
    static const char *const same_site[] = { "", "Lax", "Strict", "None" };
    struct mocket_cookie_opts o = mocket__cookie_opts(opts);
    if (!mocket__is_token(name) || !is_cookie_value(value) || !is_path_value(mocket__span(o.path)) ||
        !is_domain_value(mocket__span(o.domain)) || (unsigned)o.same_site > MOCKET_SAME_SITE_NONE ||
        !keeps_rules(name, &o))
        return MOCKET_EINVAL;
    mocket__buf_span(out, name);
    mocket__buf_text(out, "=");
    mocket__buf_span(out, value);
    if (o.has_max_age) {
        mocket__buf_text(out, "; Max-Age=");
        mocket__buf_decimal(out, o.max_age_s > 0 ? (uint64_t)o.max_age_s : 0);
    }
    write_attribute(out, "; Path=", o.path);
    write_attribute(out, "; Domain=", o.domain);
    if (o.secure || o.same_site == MOCKET_SAME_SITE_NONE)
        mocket__buf_text(out, "; Secure");
    if (o.http_only)
        mocket__buf_text(out, "; HttpOnly");
    write_attribute(out, "; SameSite=", same_site[o.same_site]);
    if (o.partitioned)
        mocket__buf_text(out, "; Partitioned");
    return mocket__buf_status(out);
}

/* ---- Comparing ------------------------------------------------------------------------------------------------- */

/* Returns the value of an attribute such as "Path="; "" if it is absent. */
static mocket_span attribute(mocket_span set_cookie, mocket_span key)
{
    for (size_t at = mocket__span_find(set_cookie, ';', 0); at < set_cookie.len;) {
        size_t end = mocket__span_find(set_cookie, ';', at + 1);
        mocket_span item = mocket__span_trim(mocket__span_slice(set_cookie, at + 1, end));
        if (has_prefix(item, key))
            return mocket__span_slice(item, key.len, item.len);
        at = end;
    }
    return MOCKET_SPAN("");
}

/* Browsers ignore a leading dot. */
static mocket_span domain_of(mocket_span set_cookie)
{
    mocket_span domain = attribute(set_cookie, MOCKET_SPAN("Domain="));
    return domain.len && domain.ptr[0] == '.' ? mocket__span_slice(domain, 1, domain.len) : domain;
}

static mocket_span name_of(mocket_span set_cookie)
{
    return mocket__span_slice(set_cookie, 0, mocket__span_find(set_cookie, '=', 0));
}

bool mocket__cookie_same(mocket_span set_cookie_a, mocket_span set_cookie_b)
{
    return mocket__span_eq(name_of(set_cookie_a), name_of(set_cookie_b)) &&
           mocket__span_ieq(domain_of(set_cookie_a), domain_of(set_cookie_b)) &&
           mocket__span_eq(attribute(set_cookie_a, MOCKET_SPAN("Path=")),
                           attribute(set_cookie_b, MOCKET_SPAN("Path=")));
}
