/* Finds the client behind proxies. Each proxy appends an element, so the path to the client is read from right to left.
 * But quoted strings can only be split from the left. So elements are read forwards, with a result for the elements so
 * far: an address that is not trusted replaces the result, a trusted address only fills a gap, and a malformed element
 * makes a gap. The final result is the same as reading from the right.
 *
 * A proxy sets one of the two kinds of fields and passes on the other one as the client sent it. The server cannot see
 * which field the proxy set. So if both are present, they must agree. */
#include "forwarded.h"

#include <arpa/inet.h>
#include <string.h>

#include "../base/span.h"

/* ---- Addresses ---- */

static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };

bool mocket__address_parse(struct mocket_address *a, mocket_span text)
{
    char copy[MOCKET_ADDRESS_TEXT];
    if (text.len == 0 || text.len >= sizeof copy || memchr(text.ptr, '\0', text.len))
        return false;
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    memcpy(a->bytes, mapped, sizeof mapped);
    return inet_pton(AF_INET, copy, a->bytes + 12) == 1 || inet_pton(AF_INET6, copy, a->bytes) == 1;
}

static bool is_mapped(const struct mocket_address *a)
{
    return memcmp(a->bytes, mapped, sizeof mapped) == 0;
}

mocket_span mocket__address_text(const struct mocket_address *a, char text[MOCKET_ADDRESS_TEXT])
{
    if (is_mapped(a))
        inet_ntop(AF_INET, a->bytes + 12, text, MOCKET_ADDRESS_TEXT);
    else
        inet_ntop(AF_INET6, a->bytes, text, MOCKET_ADDRESS_TEXT);
    return (mocket_span){ text, strlen(text) };
}

/* ---- Networks ---- */

/* Returns whether the first bits are equal. */
static bool agrees(const struct mocket_address *a, const struct mocket_address *b, unsigned bits)
{
    unsigned whole = bits / 8, rest = bits % 8;
    if (memcmp(a->bytes, b->bytes, whole) != 0)
        return false;
    return rest == 0 || (a->bytes[whole] ^ b->bytes[whole]) >> (8 - rest) == 0;
}

/* Returns whether all bits behind the prefix are 0: "10.1.0.0/8" is a mistake whose intention is unknown. */
static bool is_plain(const struct mocket_network *n)
{
    for (unsigned bit = n->bits; bit < 128; bit++)
        if (n->address.bytes[bit / 8] & (0x80 >> bit % 8))
            return false;
    return true;
}

static bool parse_network(struct mocket_network *n, mocket_span text)
{
    size_t slash = mocket__span_find(text, '/', 0);
    if (!mocket__address_parse(&n->address, mocket__span_slice(text, 0, slash)))
        return false;
    unsigned most = is_mapped(&n->address) && !memchr(text.ptr, ':', text.len) ? 32 : 128;
    int64_t bits =
        slash == text.len ? (int64_t)most : mocket__span_decimal(mocket__span_slice(text, slash + 1, text.len), most);
    n->bits = bits < 0 ? 0 : 128 - most + (unsigned)bits;
    return bits >= 0 && is_plain(n);
}

int mocket__networks_add(struct mocket_networks *n, struct mocket_arena *a, mocket_span list)
{
    size_t commas = 1, count = n->count;
    bool local = n->local, some = false;
    for (size_t i = 0; i < list.len; i++)
        commas += list.ptr[i] == ',';
    struct mocket_network *rows = mocket__arena_alloc(a, sizeof *rows * (count + commas));
    if (!rows)
        return MOCKET_ENOMEM;
    if (count > 0)
        memcpy(rows, n->rows, sizeof *rows * count);
    mocket_span item;
    for (size_t at = 0; (item = mocket__span_list_next(list, &at)).ptr; some = true)
        if (mocket__span_eq(item, MOCKET_SPAN("unix")))
            local = true;
        else if (!parse_network(&rows[count++], item))
            return MOCKET_EINVAL;
    if (!some)
        return MOCKET_EINVAL;
    *n = (struct mocket_networks){ rows, count, local };
    return 0;
}

bool mocket__networks_hold(const struct mocket_networks *n, const struct mocket_address *a)
{
    unsigned least = is_mapped(a) ? 96 : 0; /* "::/0" is about IPv6 */
    for (size_t i = 0; i < n->count; i++)
        if (n->rows[i].bits >= least && agrees(&n->rows[i].address, a, n->rows[i].bits))
            return true;
    return false;
}

/* ---- The way ---- */

struct way {
    const struct mocket_networks *trusted;
    struct mocket_forwarded found;
    bool any; /* there was an element */
};

struct hop {
    mocket_span node; /* ptr NULL: not said */
    mocket_span scheme;
};

/* "192.0.2.1", "192.0.2.1:80", "[2001:db8::1]:80"; bare IPv6 in X-Forwarded-For. */
static bool parse_node(struct mocket_address *a, mocket_span node)
{
    if (mocket__address_parse(a, node))
        return true;
    bool bracketed = node.len > 0 && node.ptr[0] == '[';
    size_t end = mocket__span_find(node, bracketed ? ']' : ':', 0);
    mocket_span host = mocket__span_slice(node, bracketed ? 1 : 0, end);
    mocket_span port = mocket__span_slice(node, bracketed ? end + 1 : end, node.len);
    if (end == node.len || (memchr(host.ptr, ':', host.len) != NULL) != bracketed)
        return false;
    if (port.len > 0 && (port.ptr[0] != ':' || mocket__span_decimal(mocket__span_slice(port, 1, port.len), 65535) < 0))
        return false;
    return mocket__address_parse(a, host);
}

static void set_scheme(struct mocket_forwarded *f, mocket_span scheme)
{
    f->https = mocket__span_ieq(scheme, MOCKET_SPAN("https"));
    f->has_scheme = f->https || mocket__span_ieq(scheme, MOCKET_SPAN("http"));
}

static void go(struct way *w, const struct hop *hop)
{
    struct mocket_forwarded f = { 0 };
    w->any = true;
    set_scheme(&f, hop->scheme);
    f.has_address = parse_node(&f.address, hop->node);
    bool known = f.has_address && mocket__networks_hold(w->trusted, &f.address);
    if (known && w->found.has_address)
        return;
    w->found = f;
}

static void gap(struct way *w)
{
    w->any = true;
    w->found = (struct mocket_forwarded){ 0 };
}

/* ---- Forwarded ---- */

/* Reads the text between quotes, without decoding escapes (no address contains one), or up to the next separator.
 * Returns the bytes used, 0 if there is no value. */
static size_t value_of(mocket_span s, mocket_span *value)
{
    size_t end = 0;
    if (s.len > 0 && s.ptr[0] == '"') {
        for (end = 1; end < s.len && s.ptr[end] != '"'; end++)
            end += s.ptr[end] == '\\';
        *value = mocket__span_slice(s, 1, end);
        return end < s.len ? end + 1 : 0;
    }
    while (end < s.len && !strchr(",; \t\"", s.ptr[end]))
        end++;
    *value = mocket__span_slice(s, 0, end);
    return end;
}

static void skip_blanks(mocket_span s, size_t *at)
{
    while (*at < s.len && (s.ptr[*at] == ' ' || s.ptr[*at] == '\t'))
        ++*at;
}

/* Reads one name=value at *at. Returns false if it is malformed or repeats a name. */
static bool read_pair(mocket_span s, size_t *at, struct hop *hop)
{
    size_t equals = mocket__span_find(s, '=', *at);
    mocket_span name = mocket__span_slice(s, *at, equals), value;
    if (equals == s.len || !mocket__is_token(name))
        return false;
    size_t used = value_of(mocket__span_slice(s, equals + 1, s.len), &value);
    mocket_span *kept = mocket__span_ieq(name, MOCKET_SPAN("for"))     ? &hop->node
                        : mocket__span_ieq(name, MOCKET_SPAN("proto")) ? &hop->scheme
                                                                       : NULL;
    if (used == 0 || (kept && kept->ptr))
        return false;
    if (kept)
        *kept = value;
    *at = equals + 1 + used;
    return true;
}

/* Reads one element at *at, and moves *at behind its comma. Returns false if the rest of the line cannot be parsed. */
static bool read_element(mocket_span s, size_t *at, struct way *w)
{
    struct hop hop = { 0 };
    skip_blanks(s, at);
    while (*at < s.len && s.ptr[*at] != ',') {
        if (s.ptr[*at] != ';' && !read_pair(s, at, &hop))
            return false;
        skip_blanks(s, at);
        if (*at < s.len && s.ptr[*at] == ';')
            ++*at;
        else if (*at < s.len && s.ptr[*at] != ',')
            return false;
        skip_blanks(s, at);
    }
    ++*at;
    if (hop.node.ptr || hop.scheme.ptr)
        go(w, &hop);
    return true;
}

static struct way read_forwarded(const struct mocket_fields *fields, const struct mocket_networks *trusted)
{
    struct way w = { .trusted = trusted };
    const struct mocket_field *row;
    for (size_t i = 0; (row = mocket__fields_next(fields, MOCKET_SPAN("forwarded"), &i)) != NULL;) {
        for (size_t at = 0; at < row->value.len;) {
            if (!read_element(row->value, &at, &w)) {
                gap(&w);
                break;
            }
        }
    }
    return w;
}

/* ---- X-Forwarded-For, X-Forwarded-Proto ---- */

/* Returns the last scheme: only this one was certainly written by the nearest proxy. */
static mocket_span last_scheme(const struct mocket_fields *fields)
{
    const struct mocket_field *row;
    mocket_span item, last = { 0 };
    for (size_t i = 0; (row = mocket__fields_next(fields, MOCKET_SPAN("x-forwarded-proto"), &i)) != NULL;)
        for (size_t at = 0; (item = mocket__span_list_next(row->value, &at)).ptr;)
            last = item;
    return last;
}

static struct way read_x_forwarded(const struct mocket_fields *fields, const struct mocket_networks *trusted)
{
    struct way w = { .trusted = trusted };
    const struct mocket_field *row;
    struct hop hop = { 0 };
    for (size_t i = 0; (row = mocket__fields_next(fields, MOCKET_SPAN("x-forwarded-for"), &i)) != NULL;)
        for (size_t at = 0; (hop.node = mocket__span_list_next(row->value, &at)).ptr;)
            go(&w, &hop);
    set_scheme(&w.found, last_scheme(fields));
    return w;
}

struct mocket_forwarded mocket__forwarded(const struct mocket_fields *fields, const struct mocket_networks *trusted)
{
    struct way standard = read_forwarded(fields, trusted), common = read_x_forwarded(fields, trusted);
    struct mocket_forwarded *a = &standard.found, *b = &common.found;
    if (!standard.any || !common.any)
        return standard.any ? *a : *b;
    if (a->has_address != b->has_address || memcmp(&a->address, &b->address, sizeof a->address) != 0)
        return (struct mocket_forwarded){ .conflict = true };
    a->has_scheme = a->has_scheme && !(b->has_scheme && a->https != b->https);
    return *a;
}
