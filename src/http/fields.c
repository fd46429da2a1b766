/* Ordered rows of name and value.
 *
 * A request has a dozen rows, and a handler asks for two or three of them. So rows are scanned, not hashed: the length
 * decides for nearly every row, the first letter for nearly all others. The array of rows doubles in the arena. Old
 * arrays stay in the arena until the request ends, which costs less than a second kind of memory. */
#include "fields.h"

#include "byte.h"
#include "field_kind.h"
#include "../base/span.h"

enum { FIRST_CAP = 16 };

/* ---- Rows ------------------------------------------------------------------------------------------------------ */

static bool grow(struct mocket_fields *f, struct mocket_arena *a)
{
    struct mocket_field *rows;
    if (f->cap == 0) { /* in each request: without the arithmetic of growing */
        rows = mocket__arena_alloc(a, FIRST_CAP * sizeof *rows);
        f->cap = rows ? FIRST_CAP : 0;
    } else {
        rows = mocket__arena_grow(a, f->rows, &f->cap, FIRST_CAP, sizeof *rows);
    }
    if (rows)
        f->rows = rows;
    return rows;
}

int mocket__fields_add(struct mocket_fields *f, struct mocket_arena *a, mocket_span name, mocket_span value)
{
    if (f->count >= f->cap && !grow(f, a))
        return MOCKET_ENOMEM;
    f->rows[f->count++] = (struct mocket_field){ name, value };
    return 0;
}

static inline bool same_name(mocket_span row, mocket_span name)
{
    if (row.len != name.len)
        return false;
    return row.len == 0 || (mocket__lower(row.ptr[0]) == mocket__lower(name.ptr[0]) && mocket__span_ieq(row, name));
}

void mocket__fields_remove(struct mocket_fields *f, mocket_span name)
{
    size_t kept = 0;
    for (size_t i = 0; i < f->count; i++)
        if (!same_name(f->rows[i].name, name))
            f->rows[kept++] = f->rows[i];
    f->count = kept;
}

const struct mocket_field *mocket__fields_next(const struct mocket_fields *f, mocket_span name, size_t *at)
{
    for (size_t i = *at; i < f->count; i++) {
        if (same_name(f->rows[i].name, name)) {
            *at = i + 1;
            return &f->rows[i];
        }
    }
    *at = f->count;
    return NULL;
}

/* ---- Joined values --------------------------------------------------------------------------------------------- */

static size_t joined_len(const struct mocket_fields *f, mocket_span name)
{
    size_t len = 0, at = 0;
    for (const struct mocket_field *row; (row = mocket__fields_next(f, name, &at));)
        len += row->value.len + 2;
    return len - 2;
}

static mocket_span join(const struct mocket_fields *f, struct mocket_arena *a, mocket_span name)
{
    size_t len = joined_len(f, name);
    char *text = mocket__arena_alloc(a, len + 1);
    if (!text)
        return (mocket_span){ NULL, 0 };
    char separator = mocket__span_ieq(name, MOCKET_SPAN("cookie")) ? ';' : ',';
    char *to = text;
    size_t at = 0;
    bool first = true;
    for (const struct mocket_field *row; (row = mocket__fields_next(f, name, &at)); first = false) {
        if (!first) {
            *to++ = separator;
            *to++ = ' ';
        }
        if (row->value.len)
            memcpy(to, row->value.ptr, row->value.len);
        to += row->value.len;
    }
    *to = '\0';
    return (mocket_span){ text, len };
}

mocket_span mocket__fields_join(const struct mocket_fields *f, struct mocket_arena *a, mocket_span name)
{
    size_t at = 0;
    const struct mocket_field *first = mocket__fields_next(f, name, &at);
    if (!first)
        return (mocket_span){ NULL, 0 };
    if (mocket__fields_next(f, name, &at))
        return join(f, a, name);
    return mocket__arena_copy(a, first->value.ptr ? first->value : MOCKET_SPAN(""));
}

int64_t mocket__fields_len(const struct mocket_fields *f)
{
    size_t at = 0;
    const struct mocket_field *row = mocket__fields_next(f, MOCKET_SPAN("content-length"), &at);
    return row ? mocket__span_decimal(row->value, INT64_MAX) : -1;
}

int mocket__fields_add_len(struct mocket_fields *f, struct mocket_arena *a, uint64_t len)
{
    char digits[20];
    mocket_span text = { digits, (size_t)(mocket__decimal(digits, len) - digits) };
    text = mocket__arena_copy(a, text);
    return text.ptr ? mocket__fields_add(f, a, MOCKET_SPAN("Content-Length"), text) : MOCKET_ENOMEM;
}

/* ---- What names and values may hold ---------------------------------------------------------------------------- */

size_t mocket__token_len(mocket_span s)
{
    size_t len = 0;
    while (len < s.len && mocket__byte_is(s.ptr[len], MOCKET_BYTE_TOKEN))
        len++;
    return len;
}

bool mocket__is_token(mocket_span s)
{
    return s.len > 0 && mocket__token_len(s) == s.len;
}

bool mocket__is_field_value(mocket_span s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (c == '\r' || c == '\n' || c == '\0')
            return false;
    }
    return true;
}

bool mocket__is_sent_value(mocket_span s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if ((c < 0x20 && c != '\t') || c == 0x7F)
            return false;
    }
    return true;
}

bool mocket__field_of_line(mocket_span line, struct mocket_field *out)
{
    size_t colon = mocket__span_find(line, ':', 0);
    out->name = mocket__span_slice(line, 0, colon);
    out->value = mocket__span_trim(mocket__span_slice(line, colon + 1, line.len));
    return colon < line.len && mocket__is_token(out->name) && mocket__is_field_value(out->value);
}

bool mocket__is_hop_by_hop(mocket_span name)
{
    enum mocket_field_kind kind = mocket__field_kind(name);
    return kind != MOCKET_FIELD_PLAIN && kind <= MOCKET_FIELD_LAST_HOP;
}

void mocket__fields_drop_hop_by_hop(struct mocket_fields *f)
{
    size_t kept = 0;
    for (size_t i = 0; i < f->count; i++)
        if (!mocket__is_hop_by_hop(f->rows[i].name))
            f->rows[kept++] = f->rows[i];
    f->count = kept;
}
