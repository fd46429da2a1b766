/* inet_pton and inet_ntop for an adapter, which has no libc (RFC 5952 for the text of IPv6). */
#include "address.h"

#include "../../../src/base/span.h"

enum { WORDS = 8 };

/* ---- Reading ---- */

static bool parse_ipv4(unsigned char bytes[4], mocket_span text)
{
    size_t at = 0;
    for (int i = 0; i < 4; i++) {
        size_t end = i < 3 ? mocket__span_find(text, '.', at) : text.len;
        mocket_span part = mocket__span_slice(text, at, end);
        int64_t n = part.len <= 3 ? mocket__span_decimal(part, 255) : -1;
        if (n < 0 || (part.len > 1 && part.ptr[0] == '0') || (i < 3 && end >= text.len))
            return false;
        bytes[i] = (unsigned char)n;
        at = end + 1;
    }
    return true;
}

static int digit(char c)
{
    c = mocket__lower(c);
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One to four hexadecimal digits at *at; -1: none. */
static int parse_word(mocket_span text, size_t *at)
{
    int word = 0;
    size_t from = *at;
    for (; *at < text.len && *at - from < 4 && digit(text.ptr[*at]) >= 0; ++*at)
        word = word << 4 | digit(text.ptr[*at]);
    return *at > from ? word : -1;
}

static bool parse_ipv6(unsigned char bytes[16], mocket_span text)
{
    int count = 0, gap = -1;
    size_t at = 0;
    unsigned char found[16] = { 0 };
    if (text.len >= 2 && text.ptr[0] == ':' && text.ptr[1] == ':')
        gap = 0, at = 2;
    while (at < text.len) {
        int word = count < WORDS ? parse_word(text, &at) : -1;
        if (word < 0)
            return false;
        found[2 * count] = (unsigned char)(word >> 8);
        found[2 * count++ + 1] = (unsigned char)word;
        if (at == text.len)
            break;
        if (text.ptr[at++] != ':' || at == text.len)
            return false;
        if (text.ptr[at] == ':' && gap >= 0)
            return false;
        if (text.ptr[at] == ':')
            gap = count, at++;
    }
    if (gap < 0 ? count != WORDS : count >= WORDS)
        return false;
    int head = gap < 0 ? count : gap, tail = count - head;
    memset(bytes, 0, 16);
    memcpy(bytes, found, 2 * (size_t)head);
    memcpy(bytes + 16 - 2 * tail, found + 2 * head, 2 * (size_t)tail);
    return true;
}

bool server_address_parse(struct server_address *a, mocket_span text)
{
    a->ipv6 = mocket__span_find(text, ':', 0) < text.len;
    return a->ipv6 ? parse_ipv6(a->bytes, text) : parse_ipv4(a->bytes, text);
}

/* ---- Writing ---- */

static char *put_hex(char *at, unsigned word)
{
    bool begun = false;
    for (int shift = 12; shift >= 0; shift -= 4) {
        unsigned d = word >> shift & 15;
        begun |= d != 0 || shift == 0;
        if (begun)
            *at++ = "0123456789abcdef"[d];
    }
    return at;
}

static unsigned word_of(const struct server_address *a, int i)
{
    return (unsigned)a->bytes[2 * i] << 8 | a->bytes[2 * i + 1];
}

/* The longest run of zeroes, at least two words: where it begins, and its length. */
static int longest_gap(const struct server_address *a, int *len)
{
    int best = -1;
    *len = 1;
    for (int i = 0, run = 0; i < WORDS; i++) {
        run = word_of(a, i) == 0 ? run + 1 : 0;
        if (run > *len) {
            *len = run;
            best = i - run + 1;
        }
    }
    return best;
}

static char *put_ipv6(char *at, const struct server_address *a)
{
    int len, gap = longest_gap(a, &len);
    for (int i = 0; i < WORDS; i++) {
        if (i == gap) {
            *at++ = ':';
            *at++ = ':';
            i += len - 1;
            continue;
        }
        if (i > 0 && (gap < 0 || i != gap + len))
            *at++ = ':';
        at = put_hex(at, word_of(a, i));
    }
    return at;
}

static char *put(char *at, const struct server_address *a)
{
    if (a->ipv6)
        return put_ipv6(at, a);
    for (int i = 0; i < 4; i++) {
        if (i > 0)
            *at++ = '.';
        at = mocket__decimal(at, a->bytes[i]);
    }
    return at;
}

mocket_span server_address_text(const struct server_address *a, char room[SERVER_ADDRESS_TEXT])
{
    return (mocket_span){ room, (size_t)(put(room, a) - room) };
}

mocket_span server_address_with_port(const struct server_address *a, char room[SERVER_ADDRESS_TEXT])
{
    char *at = room;
    if (a->ipv6)
        *at++ = '[';
    at = put(at, a);
    if (a->ipv6)
        *at++ = ']';
    *at++ = ':';
    at = mocket__decimal(at, a->port);
    return (mocket_span){ room, (size_t)(at - room) };
}
