/* type/subtype; name=value; name="quoted value"
 *
 * One function parses the parameters, because all callers must agree on a `;` inside quotes. Blanks are allowed around
 * `;` only. A malformed parameter is refused, not skipped, because a proxy in front may have parsed it differently. */
#include "mime.h"

#include "../base/span.h"
#include "fields.h"

static mocket_span type_of(mocket_span content_type)
{
    return mocket__span_trim(mocket__span_slice(content_type, 0, mocket__span_find(content_type, ';', 0)));
}

bool mocket__mime_is(mocket_span content_type, mocket_span type)
{
    return mocket__span_ieq(type_of(content_type), type);
}

bool mocket__mime_has_suffix(mocket_span content_type, mocket_span suffix)
{
    mocket_span type = type_of(content_type);
    if (type.len <= suffix.len)
        return false;
    return mocket__span_ieq(mocket__span_slice(type, type.len - suffix.len, type.len), suffix);
}

static inline bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static inline bool is_quoted_pair(mocket_span s, size_t i)
{
    return s.ptr[i] == '\\' && i + 1 < s.len && (s.ptr[i + 1] == '"' || s.ptr[i + 1] == '\\');
}

/* The end of the quoted text that begins at from, behind its closing quote; 0 when there is none. */
static size_t quoted_end(mocket_span s, size_t from)
{
    for (size_t i = from + 1; i < s.len; i++) {
        if (s.ptr[i] == '"')
            return i + 1;
        if (is_quoted_pair(s, i))
            i++;
    }
    return 0;
}

/* The end of an unquoted value: more than a token, since boundaries with a `/` or `=` are sent without quotes. */
static size_t plain_end(mocket_span s, size_t from)
{
    size_t i = from;
    while (i < s.len && s.ptr[i] != ';' && s.ptr[i] != '"' && (unsigned char)s.ptr[i] > ' ')
        i++;
    return i > from ? i : 0;
}

/* Where the next parameter begins: behind blanks and semicolons. Anything else in between makes *clean false. */
static size_t skip_to_param(mocket_span value, size_t at, bool *clean)
{
    bool semicolon = false;
    for (; at < value.len && (is_blank(value.ptr[at]) || value.ptr[at] == ';'); at++)
        semicolon |= value.ptr[at] == ';';
    *clean = semicolon || at == value.len;
    return at;
}

int mocket__mime_param_next(mocket_span value, size_t *at, mocket_span *name, mocket_span *raw)
{
    bool clean;
    size_t from = *at ? *at : mocket__span_find(value, ';', 0);
    size_t begin = skip_to_param(value, from, &clean);
    if (!clean)
        return MOCKET_EINVAL;
    if (begin == value.len)
        return 0;
    size_t equals = mocket__span_find(value, '=', begin);
    *name = mocket__span_slice(value, begin, equals);
    if (equals + 1 >= value.len || !mocket__is_token(*name))
        return MOCKET_EINVAL;
    size_t end = value.ptr[equals + 1] == '"' ? quoted_end(value, equals + 1) : plain_end(value, equals + 1);
    if (end == 0)
        return MOCKET_EINVAL;
    *raw = mocket__span_slice(value, equals + 1, end);
    *at = end;
    return 1;
}

mocket_span mocket__mime_unquote(struct mocket_arena *a, mocket_span raw)
{
    if (raw.len < 2 || raw.ptr[0] != '"')
        return mocket__arena_copy(a, raw);
    mocket_span inside = mocket__span_slice(raw, 1, raw.len - 1);
    char *text = mocket__arena_alloc(a, inside.len + 1);
    if (!text)
        return (mocket_span){ NULL, 0 };
    size_t len = 0;
    for (size_t i = 0; i < inside.len; i++) {
        i += is_quoted_pair(inside, i);
        text[len++] = inside.ptr[i];
    }
    text[len] = '\0';
    return (mocket_span){ text, len };
}

mocket_span mocket__mime_param(struct mocket_arena *a, mocket_span content_type, mocket_span name)
{
    mocket_span found, raw;
    size_t at = 0;
    while (mocket__mime_param_next(content_type, &at, &found, &raw) > 0)
        if (mocket__span_ieq(found, name))
            return mocket__mime_unquote(a, raw);
    return (mocket_span){ NULL, 0 };
}
