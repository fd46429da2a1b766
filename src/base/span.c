/* Pure functions over mocket_span that never read beyond the end. */
#include "span.h"

bool mocket__span_ieq(mocket_span a, mocket_span b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (a.ptr[i] != b.ptr[i] && mocket__lower(a.ptr[i]) != mocket__lower(b.ptr[i]))
            return false;
    return true;
}

size_t mocket__span_find(mocket_span s, char c, size_t from)
{
    if (from >= s.len)
        return s.len;
    const char *found = memchr(s.ptr + from, c, s.len - from);
    return found ? (size_t)(found - s.ptr) : s.len;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

mocket_span mocket__span_trim(mocket_span s)
{
    while (s.len && is_blank(s.ptr[0])) {
        s.ptr++;
        s.len--;
    }
    while (s.len && is_blank(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

mocket_span mocket__span_list_next(mocket_span list, size_t *at)
{
    while (*at < list.len) {
        size_t end = mocket__span_find(list, ',', *at);
        mocket_span item = mocket__span_trim(mocket__span_slice(list, *at, end));
        *at = end + 1;
        if (item.len)
            return item;
    }
    return (mocket_span){ NULL, 0 };
}

/* Length of the UTF-8 sequence at s (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF), or 0. */
static size_t utf8_sequence(const unsigned char *s, size_t left)
{
    unsigned char first = s[0];
    size_t len = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || len > left)
        return 0;
    unsigned char low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    unsigned char high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (s[1] < low || s[1] > high)
        return 0;
    for (size_t i = 2; i < len; i++)
        if (s[i] < 0x80 || s[i] > 0xBF)
            return 0;
    return len;
}

bool mocket__utf8_valid(mocket_span s)
{
    const unsigned char *p = (const unsigned char *)s.ptr;
    for (size_t i = 0; i < s.len;) {
        if (p[i] < 0x80) {
            i++;
            continue;
        }
        size_t len = utf8_sequence(p + i, s.len - i);
        if (len == 0)
            return false;
        i += len;
    }
    return true;
}

int64_t mocket__span_decimal(mocket_span s, int64_t max)
{
    uint64_t n = 0, most = (uint64_t)max;
    for (size_t i = 0; i < s.len; i++) {
        unsigned digit = (unsigned)s.ptr[i] - '0';
        if (digit > 9 || n > most / 10)
            return -1;
        n = n * 10 + digit;
        if (n > most)
            return -1;
    }
    return s.len > 0 ? (int64_t)n : -1;
}

char *mocket__decimal(char *text, uint64_t n)
{
    size_t len = 1;
    for (uint64_t bound = 10; len < 20 && n >= bound; bound *= 10)
        len++;
    for (size_t i = len; i > 0; n /= 10)
        text[--i] = (char)('0' + n % 10);
    return text + len;
}
