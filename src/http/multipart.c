/* multipart/form-data, piece by piece.
 *
 *     preamble CR LF --boundary CR LF  head CR LF CR LF  data CR LF --boundary CR LF ... CR LF --boundary-- epilogue
 *
 * The line end before a delimiter belongs to the delimiter. The parser leaves a delimiter, or the beginning of one, at
 * the end of the input for the next call. So the result does not depend on the pieces in which bytes arrive. A line
 * that begins with the delimiter and continues with other text is data (RFC 2046, section 5.1.1, asks senders to avoid
 * this; losing a byte of a file would be worse).
 *
 * The parser is strict where other parsers disagree: lines end in CR LF, and a repeated or malformed part header is
 * refused. But senders disagree too: old ones fold part headers, programs escape quotes and backslashes in names with a
 * backslash, and browsers send backslashes as they are (a quote as %22). So a value is parsed with escapes first. If
 * that fails, as for `filename="end\"`, it is parsed again with backslashes as ordinary bytes. */
#include "multipart.h"

#include "../base/span.h"
#include "fields.h"
#include "mime.h"

/* Blanks that a delimiter line may end in; more make it data. */
enum { PADDING_MAX = 32 };

enum state { BEGIN, PREAMBLE, PART_HEAD, PART_DATA, DONE };

int mocket__multipart_init(struct mocket_multipart_parser *p, mocket_span boundary)
{
    *p = (struct mocket_multipart_parser){ .state = BEGIN };
    if (boundary.len == 0 || boundary.len > MOCKET_BOUNDARY_MAX)
        return MOCKET_EINVAL;
    for (size_t i = 0; i < boundary.len; i++)
        if ((unsigned char)boundary.ptr[i] < ' ' || boundary.ptr[i] == 0x7F)
            return MOCKET_EINVAL;
    memcpy(p->delimiter, "\r\n--", 4);
    memcpy(p->delimiter + 4, boundary.ptr, boundary.len);
    p->delimiter_len = 4 + boundary.len;
    return 0;
}

/* ---- Delimiters ------------------------------------------------------------------------------------------------ */

enum match { NO_MATCH, MATCH_MORE, MATCH_NEXT, MATCH_CLOSE };

/* What follows the boundary at `at`: blanks and a line end, or two dashes. *end: behind it. */
static enum match match_tail(mocket_span in, size_t at, size_t *end)
{
    if (at < in.len && in.ptr[at] == '-') {
        *end = at + 2;
        return at + 1 == in.len ? MATCH_MORE : in.ptr[at + 1] == '-' ? MATCH_CLOSE : NO_MATCH;
    }
    size_t blanks_end = at;
    while (blanks_end < in.len && (in.ptr[blanks_end] == ' ' || in.ptr[blanks_end] == '\t'))
        if (++blanks_end - at > PADDING_MAX)
            return NO_MATCH;
    *end = blanks_end + 2;
    if (blanks_end == in.len)
        return MATCH_MORE;
    if (in.ptr[blanks_end] != '\r')
        return NO_MATCH;
    return blanks_end + 1 == in.len ? MATCH_MORE : in.ptr[blanks_end + 1] == '\n' ? MATCH_NEXT : NO_MATCH;
}

/* Returns whether there is a delimiter at `at`. skip: bytes of it that are not in the input (2 at the very beginning,
 * else 0). */
static enum match match_delimiter(const struct mocket_multipart_parser *p, mocket_span in, size_t at, size_t skip,
                                  size_t *end)
{
    size_t want = p->delimiter_len - skip, have = in.len - at;
    size_t len = have < want ? have : want;
    if (len && memcmp(in.ptr + at, p->delimiter + skip, len) != 0)
        return NO_MATCH;
    return len < want ? MATCH_MORE : match_tail(in, at + want, end);
}

/* Returns the position of the first delimiter, whole or incomplete, or in.len. */
static size_t find_delimiter(const struct mocket_multipart_parser *p, mocket_span in, enum match *match, size_t *end)
{
    size_t at = mocket__span_find(in, '\r', 0);
    *match = NO_MATCH;
    while (at < in.len) {
        *match = match_delimiter(p, in, at, 0, end);
        if (*match != NO_MATCH)
            break;
        at = mocket__span_find(in, '\r', at + 1);
    }
    return at;
}

static void enter(struct mocket_multipart_parser *p, enum match match)
{
    p->state = match == MATCH_CLOSE ? DONE : PART_HEAD;
}

/* ---- Tokens ---------------------------------------------------------------------------------------------------- */

/* Up to the first delimiter, which may be the very first line. */
static ptrdiff_t skip_preamble(struct mocket_multipart_parser *p, mocket_span in)
{
    size_t end = 0, at = 0;
    enum match match = NO_MATCH;
    if (p->state == BEGIN) {
        match = match_delimiter(p, in, 0, 2, &end);
        if (match == NO_MATCH)
            p->state = PREAMBLE;
    }
    if (match == NO_MATCH)
        at = find_delimiter(p, in, &match, &end);
    if (match == MATCH_NEXT || match == MATCH_CLOSE) {
        enter(p, match);
        return (ptrdiff_t)end;
    }
    return (ptrdiff_t)at;
}

/* The empty line behind a header block: its place, or in.len. */
static size_t find_blank_line(mocket_span in)
{
    size_t at = mocket__span_find(in, '\r', 0);
    while (at < in.len && (in.len - at < 4 || memcmp(in.ptr + at, "\r\n\r\n", 4) != 0))
        at = mocket__span_find(in, '\r', at + 1);
    return at;
}

static ptrdiff_t head_token(struct mocket_multipart_parser *p, mocket_span in, enum mocket_multipart_token *token,
                            mocket_span *data)
{
    bool empty = in.len >= 2 && memcmp(in.ptr, "\r\n", 2) == 0;
    size_t head_len = empty ? 0 : find_blank_line(in);
    bool whole = empty || head_len < in.len;
    if (whole ? head_len > MOCKET_MULTIPART_HEAD_MAX : in.len >= MOCKET_MULTIPART_HEAD_MAX + 4)
        return MOCKET_ETOOBIG;
    if (!whole)
        return 0;
    if (++p->parts > MOCKET_MULTIPART_PARTS_MAX)
        return MOCKET_ETOOBIG;
    p->state = PART_DATA;
    *token = MOCKET_MULTIPART_PART;
    *data = mocket__span_slice(in, 0, head_len);
    return (ptrdiff_t)(head_len + (empty ? 2 : 4));
}

static ptrdiff_t data_token(struct mocket_multipart_parser *p, mocket_span in, enum mocket_multipart_token *token,
                            mocket_span *data)
{
    enum match match;
    size_t end = 0, at = find_delimiter(p, in, &match, &end);
    if (at > 0) {
        *token = MOCKET_MULTIPART_DATA;
        *data = mocket__span_slice(in, 0, at);
        return (ptrdiff_t)at;
    }
    if (match != MATCH_NEXT && match != MATCH_CLOSE)
        return 0;
    enter(p, match);
    *token = MOCKET_MULTIPART_PART_END;
    return (ptrdiff_t)end;
}

ptrdiff_t mocket__multipart_next(struct mocket_multipart_parser *p, mocket_span in, bool at_end,
                                 enum mocket_multipart_token *token, mocket_span *data)
{
    ptrdiff_t skipped = 0, used = 0;
    *token = MOCKET_MULTIPART_MORE;
    *data = MOCKET_SPAN("");
    if (p->state == BEGIN || p->state == PREAMBLE)
        skipped = skip_preamble(p, in);
    mocket_span rest = mocket__span_slice(in, (size_t)skipped, in.len);
    if (p->state == PART_HEAD) {
        used = head_token(p, rest, token, data);
    } else if (p->state == PART_DATA) {
        used = data_token(p, rest, token, data);
    } else if (p->state == DONE) {
        *token = MOCKET_MULTIPART_END;
        used = (ptrdiff_t)rest.len;
    }
    if (used < 0)
        return used;
    return *token == MOCKET_MULTIPART_MORE && at_end ? MOCKET_EINVAL : skipped + used;
}

/* ---- Part headers ---------------------------------------------------------------------------------------------- */

static int copy_text(struct mocket_arena *a, mocket_span raw, mocket_span *out)
{
    if (out->ptr)
        return MOCKET_EINVAL; /* twice */
    *out = mocket__mime_unquote(a, raw);
    if (!out->ptr)
        return MOCKET_ENOMEM;
    return mocket__utf8_valid(*out) ? 0 : MOCKET_EINVAL;
}

static int read_names(struct mocket_arena *a, mocket_span value, struct mocket_upload *out)
{
    mocket_span name, raw;
    size_t at = 0;
    int rc;
    while ((rc = mocket__mime_param_next(value, &at, &name, &raw)) > 0) {
        if (mocket__span_ieq(name, MOCKET_SPAN("name")))
            rc = copy_text(a, raw, &out->name);
        else if (mocket__span_ieq(name, MOCKET_SPAN("filename")))
            rc = copy_text(a, raw, &out->filename);
        if (rc < 0)
            return rc;
    }
    return rc;
}

/* Escapes each backslash, so that parsing with escapes gives the original text. ptr NULL when out of memory. */
static mocket_span escape_backslashes(struct mocket_arena *a, mocket_span s)
{
    char *text = mocket__arena_alloc(a, 2 * s.len + 1);
    size_t len = 0;
    for (size_t i = 0; text && i < s.len; i++) {
        if (s.ptr[i] == '\\')
            text[len++] = '\\';
        text[len++] = s.ptr[i];
    }
    return (mocket_span){ text, len };
}

static int read_disposition(struct mocket_arena *a, mocket_span value, struct mocket_upload *out)
{
    struct mocket_upload before = *out;
    if (!mocket__mime_is(value, MOCKET_SPAN("form-data")))
        return MOCKET_EINVAL;
    int rc = read_names(a, value, out);
    if (rc != MOCKET_EINVAL || mocket__span_find(value, '\\', 0) == value.len)
        return rc;
    *out = before;
    value = escape_backslashes(a, value);
    return value.ptr ? read_names(a, value, out) : MOCKET_ENOMEM;
}

static int read_line(struct mocket_arena *a, mocket_span line, struct mocket_upload *out, bool *disposed)
{
    struct mocket_field field;
    if (!mocket__field_of_line(line, &field) || !mocket__is_sent_value(field.value))
        return MOCKET_EINVAL;
    if (mocket__span_ieq(field.name, MOCKET_SPAN("content-disposition"))) {
        bool again = *disposed;
        *disposed = true;
        return again ? MOCKET_EINVAL : read_disposition(a, field.value, out);
    }
    return mocket__span_ieq(field.name, MOCKET_SPAN("content-type")) ? copy_text(a, field.value, &out->type) : 0;
}

static bool is_line_end(mocket_span head, size_t at)
{
    return at + 1 < head.len && head.ptr[at] == '\r' && head.ptr[at + 1] == '\n';
}

static bool is_fold(mocket_span head, size_t at)
{
    return is_line_end(head, at) && at + 2 < head.len && (head.ptr[at + 2] == ' ' || head.ptr[at + 2] == '\t');
}

/* The end of the line that begins at from: its CR LF, or head.len. Lines that begin with a blank belong to the one
 * before (RFC 5322, section 2.2.3). A CR alone belongs to the line, which is then refused. */
static size_t line_end(mocket_span head, size_t from)
{
    size_t at = mocket__span_find(head, '\r', from);
    while (at < head.len && (!is_line_end(head, at) || is_fold(head, at)))
        at = mocket__span_find(head, '\r', at + 1);
    return at;
}

/* The line without the line ends in it. ptr NULL: no memory. */
static mocket_span unfold(struct mocket_arena *a, mocket_span line)
{
    char *text = mocket__arena_alloc(a, line.len + 1);
    size_t len = 0;
    for (size_t i = 0; text && i < line.len; i++) {
        if (is_fold(line, i))
            i += 2;
        text[len++] = line.ptr[i];
    }
    return (mocket_span){ text, len };
}

static int read_folded(struct mocket_arena *a, mocket_span line, struct mocket_upload *out, bool *disposed)
{
    if (mocket__span_find(line, '\n', 0) < line.len)
        line = unfold(a, line);
    return line.ptr ? read_line(a, line, out, disposed) : MOCKET_ENOMEM;
}

int mocket__multipart_head(struct mocket_arena *a, mocket_span head, struct mocket_upload *out)
{
    bool disposed = false;
    *out = (struct mocket_upload){ .name = { NULL, 0 } };
    for (size_t at = 0; at < head.len;) {
        size_t end = line_end(head, at);
        int rc = read_folded(a, mocket__span_slice(head, at, end), out, &disposed);
        if (rc < 0)
            return rc;
        at = end + 2;
    }
    if (!out->name.ptr)
        out->name = MOCKET_SPAN("");
    return 0;
}
