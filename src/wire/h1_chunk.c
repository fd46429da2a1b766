/* An automaton over single bytes parses the framing between the data; for the data a subtraction is enough. llhttp has
 * such an automaton too, but it refuses extensions with a value, which every recipient must be able to skip.
 *
 * Extensions are not parsed into names and values, because they are not used. But all parsers must agree on where they
 * end. So quotes are followed (a quoted string may contain all but control bytes, and must end), and all other text
 * must consist of token bytes, `=`, `;` and blanks. A line ends in CR LF only.
 *
 * A client could send single bytes of data, each with a long extension, and cause much work at little cost. So framing
 * has a budget, which each chunk and each byte of data refill. */
#include "h1_chunk.h"

#include "../base/check.h"
#include "../base/span.h"
#include "../http/fields.h"

#define PAID_PER_BYTE 2   /* bytes of framing that a byte of data pays for */
#define FREE_PER_CHUNK 16 /* and that each chunk of data may cost for nothing */
#define SIZE_MAX_BITS 60  /* a larger chunk is malformed, whatever the body's limit */

enum state {
    SIZE,      /* digits */
    BLANK,     /* behind them; only an extension or blanks may follow */
    EXTENSION, /* outside quotes */
    QUOTED,
    ESCAPED, /* behind a backslash in quotes */
    SIZE_LF, /* the line of the size has its CR */
    DATA,
    DATA_CR,
    DATA_LF,
    LINE, /* of the trailers: its beginning */
    NAME,
    VALUE,
    VALUE_LF,
    LAST_LF
};

#define BAD (-1)

static int digit(unsigned char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_token_byte(unsigned char c)
{
    char byte = (char)c;
    return mocket__is_token((mocket_span){ &byte, 1 });
}

static bool is_blank(unsigned char c)
{
    return c == ' ' || c == '\t';
}

/* May it be in a quoted string, or a field's value? Bytes above 0x7f may (obs-text). */
static bool is_text(unsigned char c)
{
    return c == '\t' || (c >= 0x20 && c != 0x7f);
}

static int in_size(struct mocket_h1_chunk *c, unsigned char byte)
{
    int value = digit(byte);
    if (value < 0) {
        if (!c->has_digit)
            return BAD;
        return byte == '\r' ? SIZE_LF : byte == ';' ? EXTENSION : is_blank(byte) ? BLANK : BAD;
    }
    if (c->left >> (SIZE_MAX_BITS - 4))
        return BAD;
    c->left = c->left << 4 | (uint64_t)value;
    c->has_digit = true;
    return SIZE;
}

static int in_extension(unsigned char byte)
{
    if (byte == '\r')
        return SIZE_LF;
    if (byte == '"')
        return QUOTED;
    return byte == ';' || byte == '=' || is_blank(byte) || is_token_byte(byte) ? EXTENSION : BAD;
}

static int in_quotes(unsigned char byte)
{
    if (byte == '"')
        return EXTENSION;
    return byte == '\\' ? ESCAPED : is_text(byte) ? QUOTED : BAD;
}

static void pay(struct mocket_h1_chunk *c, size_t bytes)
{
    c->extra -= c->extra < bytes ? c->extra : bytes;
}

/* The line of the size has ended. Small chunks are allowed. */
static int begin_data(struct mocket_h1_chunk *c)
{
    if (c->left > 0)
        pay(c, FREE_PER_CHUNK);
    c->has_digit = false;
    return c->left > 0 ? DATA : LINE;
}

static int in_line(unsigned char byte)
{
    return byte == '\r' ? LAST_LF : is_token_byte(byte) ? NAME : BAD;
}

static int in_name(unsigned char byte)
{
    return byte == ':' ? VALUE : is_token_byte(byte) ? NAME : BAD;
}

static int in_value(unsigned char byte)
{
    return byte == '\r' ? VALUE_LF : is_text(byte) ? VALUE : BAD;
}

static int finish(struct mocket_h1_chunk *c)
{
    c->done = true;
    return SIZE;
}

static int next_state(struct mocket_h1_chunk *c, unsigned char byte)
{
    switch (c->state) {
    case SIZE:
        return in_size(c, byte);
    case BLANK:
        return byte == ';' ? EXTENSION : is_blank(byte) ? BLANK : BAD;
    case EXTENSION:
        return in_extension(byte);
    case QUOTED:
        return in_quotes(byte);
    case ESCAPED:
        return is_text(byte) ? QUOTED : BAD;
    case SIZE_LF:
        return byte == '\n' ? begin_data(c) : BAD;
    case DATA_CR:
        return byte == '\r' ? DATA_LF : BAD;
    case DATA_LF:
        return byte == '\n' ? SIZE : BAD;
    case LINE:
        return in_line(byte);
    case NAME:
        return in_name(byte);
    case VALUE:
        return in_value(byte);
    case VALUE_LF:
        return byte == '\n' ? LINE : BAD;
    case LAST_LF:
        return byte == '\n' ? finish(c) : BAD;
    default:
        return BAD;
    }
}

static size_t take_data(struct mocket_h1_chunk *c, mocket_span in, mocket_span *data)
{
    size_t len = in.len < c->left ? in.len : (size_t)c->left;
    *data = (mocket_span){ in.ptr, len };
    c->left -= len;
    pay(c, len > SIZE_MAX / PAID_PER_BYTE ? SIZE_MAX : PAID_PER_BYTE * len);
    if (c->left == 0)
        c->state = DATA_CR;
    return len;
}

void mocket__h1_chunk_init(struct mocket_h1_chunk *c, size_t extra_max)
{
    *c = (struct mocket_h1_chunk){ .extra_max = extra_max };
}

ptrdiff_t mocket__h1_chunk(struct mocket_h1_chunk *c, mocket_span in, mocket_span *data)
{
    size_t used = 0;
    *data = (mocket_span){ in.ptr, 0 };
    while (used < in.len && !c->done) {
        if (c->state == DATA)
            return (ptrdiff_t)(used + take_data(c, mocket__span_slice(in, used, in.len), data));
        c->state = next_state(c, (unsigned char)in.ptr[used++]);
        if (c->state == BAD || ++c->extra > c->extra_max)
            return -1;
    }
    MOCKET_CHECK((c->state == DATA) == (c->left > 0 && !c->has_digit));
    return (ptrdiff_t)used;
}
