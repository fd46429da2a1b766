/* The characters that are escaped are those of Unicode's categories Cc, Cf, Zl and Zp. A table has their ranges, so
 * that no library is needed. ASCII, which is most of every log, is decided before the table is searched. */
#include "escape.h"

#include <string.h>

#include "span.h"

/* Cc, Cf, Zl and Zp of Unicode 15.1 from U+0080 on, in order. */
static const struct {
    uint32_t first, last;
} hidden[] = {
    { 0x80, 0x9f },       { 0xad, 0xad },       { 0x600, 0x605 },     { 0x61c, 0x61c },     { 0x6dd, 0x6dd },
    { 0x70f, 0x70f },     { 0x890, 0x891 },     { 0x8e2, 0x8e2 },     { 0x180e, 0x180e },   { 0x200b, 0x200f },
    { 0x2028, 0x202e },   { 0x2060, 0x2064 },   { 0x2066, 0x206f },   { 0xfeff, 0xfeff },   { 0xfff9, 0xfffb },
    { 0x110bd, 0x110bd }, { 0x110cd, 0x110cd }, { 0x13430, 0x1343f }, { 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a },
    { 0xe0001, 0xe0001 }, { 0xe0020, 0xe007f },
};

static bool is_hidden(uint32_t c)
{
    for (size_t i = 0; i < sizeof hidden / sizeof hidden[0] && c >= hidden[i].first; i++)
        if (c <= hidden[i].last)
            return true;
    return false;
}

/* The code point of a valid sequence of len bytes, at least two. */
static uint32_t code_point(const char *bytes, size_t len)
{
    uint32_t c = (unsigned char)bytes[0] & (0x7fu >> len);
    for (size_t i = 1; i < len; i++)
        c = c << 6 | ((unsigned char)bytes[i] & 0x3fu);
    return c;
}

/* Bytes of the character at the front of text that is written as it is, or 0. */
static size_t printable(mocket_span text)
{
    unsigned char c = (unsigned char)text.ptr[0];
    if (c < 0x80)
        return c == '\t' || (c >= ' ' && c != 0x7f && c != '\\');
    size_t len = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
    if (len > text.len || !mocket__utf8_valid((mocket_span){ text.ptr, len }))
        return 0;
    return is_hidden(code_point(text.ptr, len)) ? 0 : len;
}

/* The two or four bytes that stand for c; returns how many. */
static size_t escape_byte(char to[MOCKET_ESCAPE_MAX], unsigned char c)
{
    static const char digits[] = "0123456789abcdef";
    to[0] = '\\';
    to[1] = c == '\\' ? '\\' : 'x';
    to[2] = digits[c >> 4];
    to[3] = digits[c & 15];
    return c == '\\' ? 2 : 4;
}

struct mocket_escaped mocket__escape(char *to, size_t room, mocket_span text)
{
    struct mocket_escaped done = { 0 };
    while (done.used < text.len) {
        char escaped[MOCKET_ESCAPE_MAX];
        mocket_span rest = mocket__span_slice(text, done.used, text.len);
        size_t whole = printable(rest);
        size_t len = whole ? whole : escape_byte(escaped, (unsigned char)rest.ptr[0]);
        if (len > room - done.len)
            break;
        memcpy(to + done.len, whole ? rest.ptr : escaped, len);
        done.len += len;
        done.used += whole ? whole : 1;
    }
    return done;
}

size_t mocket__utf8_put(char to[4], uint32_t c)
{
    size_t len = 0;
    if (c < 0x80) {
        to[len++] = (char)c;
        return len;
    }
    if (c < 0x800) {
        to[len++] = (char)(0xc0 | c >> 6);
    } else if (c < 0x10000) {
        to[len++] = (char)(0xe0 | c >> 12);
        to[len++] = (char)(0x80 | (c >> 6 & 0x3f));
    } else {
        to[len++] = (char)(0xf0 | c >> 18);
        to[len++] = (char)(0x80 | (c >> 12 & 0x3f));
        to[len++] = (char)(0x80 | (c >> 6 & 0x3f));
    }
    to[len++] = (char)(0x80 | (c & 0x3f));
    return len;
}
