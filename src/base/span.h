/* Small pure functions over mocket_span. */
#ifndef MOCKET_BASE_SPAN_H
#define MOCKET_BASE_SPAN_H

#include <mocket.h>
#include <string.h>

#define MOCKET_SPAN(literal) ((mocket_span){ literal "", sizeof(literal) - 1 })

static inline mocket_span mocket__span(const char *text)
{
    return (mocket_span){ text, text ? strlen(text) : 0 };
}

static inline bool mocket__span_eq(mocket_span a, mocket_span b)
{
    return a.len == b.len && (b.len == 0 || memcmp(a.ptr, b.ptr, b.len) == 0);
}

/* Returns the bytes from..to, clamped to the span. */
static inline mocket_span mocket__span_slice(mocket_span s, size_t from, size_t to)
{
    to = to > s.len ? s.len : to;
    from = from > to ? to : from;
    return (mocket_span){ s.ptr ? s.ptr + from : NULL, to - from };
}

static inline char mocket__lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* Compares without regard to ASCII case. */
bool mocket__span_ieq(mocket_span a, mocket_span b);

/* Returns the index of the first c at or after from, or s.len. */
size_t mocket__span_find(mocket_span s, char c, size_t from);

/* Removes blanks and tabs at both ends (RFC 9110, OWS). */
mocket_span mocket__span_trim(mocket_span s);

/* Returns the next item of a comma-separated list, trimmed, from *at on. ptr NULL at the end. Skips empty items. */
mocket_span mocket__span_list_next(mocket_span list, size_t *at);

bool mocket__utf8_valid(mocket_span s);

/* Parses a decimal number without sign or blanks, at most max. Returns -1 for any other text. */
int64_t mocket__span_decimal(mocket_span s, int64_t max);

/* Writes the decimal digits of n to text and returns their end. text needs room for 20 bytes. */
char *mocket__decimal(char *text, uint64_t n);

#endif
