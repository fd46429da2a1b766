/* Targets, paths and percent-encoding.
 *
 * The decoders never fail: malformed escapes stay as they are, and a result that is not UTF-8 becomes "". The canonical
 * path is stricter, because access rules depend on it: each path has exactly one canonical form, and the canonical form
 * of a canonical path is itself. So a `%` that does not begin an escape becomes `%25` (`%%370` would otherwise become
 * `%70`, which the next reader would decode again), and bytes that a URL must not contain are escaped. */
#include "url.h"

#include "../base/span.h"
#include "byte.h"

/* ---- Bytes ----------------------------------------------------------------------------------------------------- */

static inline bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool is_unreserved(char c)
{
    return mocket__byte_is(c, MOCKET_BYTE_UNRESERVED);
}

/* Literally in the name of a host. */
static inline bool is_name_byte(char c)
{
    return mocket__byte_is(c, MOCKET_BYTE_UNRESERVED | MOCKET_BYTE_SUB_DELIMITER);
}

static inline int hex_value(char c)
{
    if (is_digit(c))
        return c - '0';
    c = mocket__lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Returns the byte of the escape at s[i], or -1 if there is none. */
static inline int escaped_byte(mocket_span s, size_t i)
{
    if (s.ptr[i] != '%' || s.len - i < 3)
        return -1;
    int high = hex_value(s.ptr[i + 1]), low = hex_value(s.ptr[i + 2]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

static inline char *put_escape(char *to, unsigned char c)
{
    static const char digits[] = "0123456789ABCDEF";
    *to++ = '%';
    *to++ = digits[c >> 4];
    *to++ = digits[c & 15];
    return to;
}

/* ---- Targets --------------------------------------------------------------------------------------------------- */

void mocket__target_split(mocket_span target, mocket_span *path, mocket_span *query)
{
    const char *mark = target.len ? memchr(target.ptr, '?', target.len) : NULL;
    if (!mark) {
        *path = target;
        *query = MOCKET_SPAN("");
        return;
    }
    size_t path_len = (size_t)(mark - target.ptr), query_len = target.len - path_len - 1;
    const char *hash = query_len ? memchr(mark + 1, '#', query_len) : NULL;
    *path = (mocket_span){ target.ptr, path_len };
    *query = (mocket_span){ mark + 1, hash ? (size_t)(hash - mark - 1) : query_len };
}

static size_t scheme_len(mocket_span target)
{
    static const mocket_span schemes[] = { { "http://", 7 }, { "https://", 8 } };
    for (size_t i = 0; i < 2; i++)
        if (mocket__span_ieq(mocket__span_slice(target, 0, schemes[i].len), schemes[i]))
            return schemes[i].len;
    return 0;
}

bool mocket__has_url_bytes(mocket_span s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (!is_name_byte(c) && (c == '\0' || !strchr(":/?#[]@%", c)))
            return false;
    }
    return true;
}

/* "/" in front of a query that came without a path. ptr NULL: no memory. */
static mocket_span with_slash(struct mocket_arena *a, mocket_span query)
{
    char *text = mocket__arena_alloc(a, query.len + 1);
    if (!text)
        return (mocket_span){ NULL, 0 };
    text[0] = '/';
    memcpy(text + 1, query.ptr, query.len);
    return (mocket_span){ text, query.len + 1 };
}

bool mocket__target_absolute(struct mocket_arena *a, mocket_span target, mocket_span *authority, mocket_span *origin)
{
    size_t begin = scheme_len(target), end = begin;
    while (end < target.len && target.ptr[end] != '/' && target.ptr[end] != '?' && target.ptr[end] != '#')
        end++;
    mocket_span host = mocket__span_slice(target, begin, end), rest = mocket__span_slice(target, end, target.len);
    if (begin == 0 || host.len == 0 || !mocket__is_authority(host) || (rest.len && rest.ptr[0] == '#'))
        return false;
    *authority = host;
    *origin = rest.len == 0 ? MOCKET_SPAN("/") : rest.ptr[0] == '?' ? with_slash(a, rest) : rest;
    return origin->ptr;
}

/* ---- Authorities ----------------------------------------------------------------------------------------------- */

/* dec-octet: 0..255 without leading zeroes. */
static bool is_ipv4(mocket_span s)
{
    size_t at = 0, count = 0;
    while (at <= s.len) {
        size_t end = mocket__span_find(s, '.', at);
        mocket_span octet = mocket__span_slice(s, at, end);
        if (mocket__span_decimal(octet, 255) < 0 || (octet.len > 1 && octet.ptr[0] == '0'))
            return false;
        count++;
        at = end + 1;
    }
    return count == 4;
}

static bool is_group(mocket_span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (hex_value(s.ptr[i]) < 0)
            return false;
    return s.len >= 1 && s.len <= 4;
}

struct ipv6 {
    uint16_t groups[8];
    size_t count;
};

static bool add_group(struct ipv6 *a, uint32_t value)
{
    if (a->count == 8)
        return false;
    a->groups[a->count++] = (uint16_t)value;
    return true;
}

static bool add_hex(struct ipv6 *a, mocket_span digits)
{
    uint32_t value = 0;
    for (size_t i = 0; i < digits.len; i++)
        value = value << 4 | (uint32_t)hex_value(digits.ptr[i]);
    return add_group(a, value);
}

/* An IPv4 address at the end counts as two groups. */
static bool add_ipv4(struct ipv6 *a, mocket_span s)
{
    uint32_t value = 0;
    for (size_t at = 0; at <= s.len;) {
        size_t end = mocket__span_find(s, '.', at);
        value = value << 8 | (uint32_t)mocket__span_decimal(mocket__span_slice(s, at, end), 255);
        at = end + 1;
    }
    return add_group(a, value >> 16) && add_group(a, value & 0xFFFF);
}

/* Groups of hex digits between colons, behind those that are there. */
static bool add_groups(struct ipv6 *a, mocket_span s, bool ipv4_allowed)
{
    for (size_t at = 0; s.len > 0 && at <= s.len;) {
        size_t end = mocket__span_find(s, ':', at);
        mocket_span group = mocket__span_slice(s, at, end);
        bool added = is_group(group)                                  ? add_hex(a, group)
                     : ipv4_allowed && end == s.len && is_ipv4(group) ? add_ipv4(a, group)
                                                                      : false;
        if (!added)
            return false;
        at = end + 1;
    }
    return true;
}

/* RFC 3986's IPv6address: eight groups, or fewer around one `::`. */
static bool parse_ipv6(mocket_span s, struct ipv6 *a)
{
    struct ipv6 behind = { 0 };
    *a = behind;
    size_t gap = 0;
    while (gap + 1 < s.len && (s.ptr[gap] != ':' || s.ptr[gap + 1] != ':'))
        gap++;
    if (gap + 1 >= s.len)
        return add_groups(a, s, true) && a->count == 8;
    if (!add_groups(a, mocket__span_slice(s, 0, gap), false) ||
        !add_groups(&behind, mocket__span_slice(s, gap + 2, s.len), true) || a->count + behind.count > 7)
        return false;
    while (a->count + behind.count < 8)
        add_group(a, 0);
    for (size_t i = 0; i < behind.count; i++)
        add_group(a, behind.groups[i]);
    return true;
}

/* The length of the registered name that s begins with. */
static size_t reg_name_len(mocket_span s)
{
    size_t len = 0;
    while (len < s.len)
        if (is_name_byte(s.ptr[len]))
            len++;
        else if (escaped_byte(s, len) >= 0)
            len += 3;
        else
            break;
    return len;
}

/* The digits behind a colon, which may be none: -1. */
static bool read_port(mocket_span s, int64_t *port)
{
    *port = mocket__span_decimal(s, 65535);
    return s.len == 0 || *port >= 0;
}

/* The length of the address in brackets that s begins with; 0: they do not close. */
static size_t literal_len(mocket_span s)
{
    size_t end = mocket__span_find(s, ']', 0);
    return end < s.len ? end + 1 : 0;
}

static bool is_literal(mocket_span host)
{
    return host.len >= 2 && host.ptr[0] == '[';
}

static bool parse_literal(mocket_span host, struct ipv6 *a)
{
    return parse_ipv6(mocket__span_slice(host, 1, host.len - 1), a);
}

bool mocket__authority_split(mocket_span s, mocket_span *host, int64_t *port)
{
    struct ipv6 address;
    *host = s;
    *port = -1;
    if (s.len == 0)
        return true;
    bool literal = s.ptr[0] == '[';
    size_t colon = literal ? literal_len(s) : reg_name_len(s);
    *host = mocket__span_slice(s, 0, colon);
    if (colon == 0 ||
        (colon < s.len && (s.ptr[colon] != ':' || !read_port(mocket__span_slice(s, colon + 1, s.len), port))))
        return false;
    return !literal || parse_literal(*host, &address);
}

bool mocket__is_authority(mocket_span s)
{
    mocket_span host;
    int64_t port;
    return mocket__authority_split(s, &host, &port);
}

bool mocket__same_host(mocket_span a, mocket_span b)
{
    struct ipv6 x, y;
    if (mocket__span_ieq(a, b))
        return true;
    return is_literal(a) && is_literal(b) && parse_literal(a, &x) && parse_literal(b, &y) &&
           memcmp(x.groups, y.groups, sizeof x.groups) == 0;
}

/* ---- Percent-encoding ------------------------------------------------------------------------------------------ */

mocket_span mocket__url_decode(struct mocket_arena *a, mocket_span s, enum mocket_decode how)
{
    char *text = mocket__arena_alloc(a, s.len + 1);
    if (!text)
        return (mocket_span){ NULL, 0 };
    char *to = text;
    for (size_t i = 0; i < s.len; i++) {
        int byte = escaped_byte(s, i);
        if (byte >= 0) {
            *to++ = (char)byte;
            i += 2;
        } else {
            *to++ = how == MOCKET_DECODE_FORM && s.ptr[i] == '+' ? ' ' : s.ptr[i];
        }
    }
    mocket_span decoded = { text, (size_t)(to - text) };
    if (!mocket__utf8_valid(decoded))
        decoded.len = 0;
    text[decoded.len] = '\0';
    return decoded;
}

void mocket__url_encode(struct mocket_buf *out, mocket_span s)
{
    for (size_t i = 0; i < s.len;) {
        size_t run = i;
        while (run < s.len && is_unreserved(s.ptr[run]))
            run++;
        if (run > i) {
            mocket__buf_add(out, s.ptr + i, run - i);
            i = run;
            continue;
        }
        char escape[3];
        put_escape(escape, (unsigned char)s.ptr[i++]);
        mocket__buf_add(out, escape, sizeof escape);
    }
}

bool mocket__url_mend(struct mocket_buf *out, mocket_span s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        char escape[3];
        if (c <= ' ' || c >= 0x7F)
            return false;
        bool plain = mocket__has_url_bytes(mocket__span_slice(s, i, i + 1));
        put_escape(escape, c);
        mocket__buf_add(out, plain ? (const char *)&s.ptr[i] : escape, plain ? 1 : sizeof escape);
    }
    return true;
}

/* ---- The canonical path ---------------------------------------------------------------------------------------- */

/* Literally in a path: pchar of RFC 3986 without escapes. */
static inline bool is_path_byte(char c)
{
    return is_name_byte(c) || c == ':' || c == '@';
}

/* Returns whether the path is canonical already: plain bytes, and no empty or dot segment. */
static bool is_canonical(mocket_span path)
{
    if (path.len == 0 || path.ptr[0] != '/')
        return false;
    for (size_t i = 0; i < path.len; i++) {
        char c = path.ptr[i];
        if (c == '/' ? i > 0 && path.ptr[i - 1] == '/' : !is_path_byte(c))
            return false;
        if (c == '.' && path.ptr[i - 1] == '/')
            return false; /* may be only a file that begins with a dot: the full conversion decides */
    }
    return path.len == 1 || path.ptr[path.len - 1] != '/';
}

/* Writes one segment without its slash. NULL for an escaped byte that a path must not contain. */
static char *put_segment(char *to, mocket_span segment)
{
    for (size_t i = 0; i < segment.len; i++) {
        int escaped = escaped_byte(segment, i);
        char c = escaped >= 0 ? (char)escaped : segment.ptr[i];
        if (c == '\0' || c == '\\' || c == '/')
            return NULL;
        if (escaped >= 0)
            i += 2;
        if (is_path_byte(c))
            *to++ = c;
        else
            to = put_escape(to, (unsigned char)c);
    }
    return to;
}

/* Removes the segment from..to if it is a dot segment; for `..` also the segment before it. */
static char *resolve(char *text, char *from, char *to)
{
    mocket_span segment = { from + 1, (size_t)(to - from - 1) };
    if (mocket__span_eq(segment, MOCKET_SPAN("..")))
        while (from > text && *--from != '/')
            ;
    else if (!mocket__span_eq(segment, MOCKET_SPAN(".")))
        return to;
    return from;
}

int mocket__path_canonical(struct mocket_arena *a, mocket_span path, mocket_span *out)
{
    if (is_canonical(path)) {
        *out = path;
        return 0;
    }
    if (path.len > SIZE_MAX / 3 - 2)
        return MOCKET_ENOMEM;
    char *text = mocket__arena_alloc(a, path.len * 3 + 2);
    if (!text)
        return MOCKET_ENOMEM;
    char *to = text;
    for (size_t at = 0; at < path.len;) {
        size_t end = mocket__span_find(path, '/', at);
        if (end > at) {
            char *from = to;
            *to++ = '/';
            to = put_segment(to, mocket__span_slice(path, at, end));
            if (!to)
                return MOCKET_EINVAL;
            to = resolve(text, from, to);
        }
        at = end + 1;
    }
    if (to == text)
        *to++ = '/';
    *to = '\0';
    *out = (mocket_span){ text, (size_t)(to - text) };
    return 0;
}
