/* A dynamic template is shadowed if an earlier one of the same method matches each path that it matches. Templates are
 * compared segment by segment: `:name` and `*` take any one segment, `**` any number of segments. Whether the segments
 * from i on cover those from k on depends on what is behind them, so a table is filled from the end: the work is the
 * product of both lengths, whatever the templates are. What is reported is certain; a route that several others cover
 * only together is not found. */
#include "shadow.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "../src/base/span.h"

struct segments {
    mocket_span *at;
    size_t count;
};

static bool split(mocket_span template, struct segments *out)
{
    out->count = 1;
    for (size_t i = 0; i < template.len; i++)
        out->count += template.ptr[i] == '/';
    out->at = calloc(out->count, sizeof *out->at);
    for (size_t i = 0, from = 0; out->at && i < out->count; i++) {
        size_t end = mocket__span_find(template, '/', from);
        out->at[i] = mocket__span_slice(template, from, end);
        from = end + 1;
    }
    return out->at;
}

static bool is_rest(mocket_span segment)
{
    return mocket__span_eq(segment, MOCKET_SPAN("**"));
}

static bool is_wild(mocket_span segment)
{
    return (segment.len > 0 && segment.ptr[0] == ':') || mocket__span_eq(segment, MOCKET_SPAN("*"));
}

static bool covers_segment(mocket_span a, mocket_span b)
{
    return !is_rest(b) && (is_wild(a) || (!is_wild(b) && mocket__span_eq(a, b)));
}

/* row[k]: the segments of a from i on cover those of b from k on. */
static bool covers_all(struct segments a, struct segments b, bool *row)
{
    memset(row, 0, (b.count + 1) * sizeof *row);
    row[b.count] = true;
    for (size_t i = a.count; i-- > 0;) {
        bool behind = row[b.count]; /* of a from i + 1 on, at k + 1 */
        row[b.count] = is_rest(a.at[i]) && behind;
        for (size_t k = b.count; k-- > 0;) {
            bool here = row[k];
            row[k] = is_rest(a.at[i]) ? here || row[k + 1] : behind && covers_segment(a.at[i], b.at[k]);
            behind = here;
        }
    }
    return row[0];
}

/* 1, 0, or below zero without memory. */
static int covers(mocket_span earlier, mocket_span later, int64_t *steps)
{
    struct segments a = { NULL, 0 }, b = { NULL, 0 };
    bool *row = split(earlier, &a) && split(later, &b) ? calloc(b.count + 1, sizeof *row) : NULL;
    *steps -= (int64_t)(earlier.len + later.len + a.count * b.count);
    int result = !row ? MOCKET_ENOMEM : *steps < 0 ? 0 : covers_all(a, b, row);
    free(row);
    free(a.at);
    free(b.at);
    return result;
}

static bool is_dynamic(mocket_span template)
{
    return mocket__span_find(template, ':', 0) < template.len || mocket__span_find(template, '*', 0) < template.len;
}

/* Bytes that a path never has: a query or a fragment begins there, and a blank ends the target. Control bytes are
 * escaped in a description, as %HH, so they cannot be told from text. */
static bool has_foreign_bytes(mocket_span template)
{
    for (size_t i = 0; i < template.len; i++)
        if (strchr("?# ", template.ptr[i]) && template.ptr[i] != '\0')
            return true;
    return false;
}

static bool begins_well(mocket_span template)
{
    mocket_span first = mocket__span_slice(template, 0, mocket__span_find(template, '/', 0));
    if (!is_dynamic(template))
        return template.len > 0 && template.ptr[0] == '/';
    return first.len == 0 || is_wild(first) || is_rest(first);
}

static struct cli_shadow by_others(const struct cli_route *routes, size_t count, size_t i, int64_t *steps)
{
    const struct cli_route *r = &routes[i];
    bool dynamic = is_dynamic(r->template);
    size_t from = dynamic ? 0 : i + 1, to = dynamic ? i : count;
    for (size_t k = from; k < to; k++) {
        const struct cli_route *other = &routes[k];
        *steps -= 1;
        if (!mocket__span_eq(other->method, r->method) || is_dynamic(other->template) != dynamic)
            continue;
        int found =
            dynamic ? covers(other->template, r->template, steps) : mocket__span_eq(other->template, r->template);
        if (*steps < 0)
            return (struct cli_shadow){ CLI_SHADOW_WORK, 0 };
        if (found != 0)
            return (struct cli_shadow){ found < 0 ? CLI_SHADOW_MEMORY
                                        : dynamic ? CLI_SHADOW_BEFORE
                                                  : CLI_SHADOW_BEHIND,
                                        k };
    }
    return (struct cli_shadow){ CLI_SHADOW_NONE, 0 };
}

struct cli_shadow mocket__cli_shadow(const struct cli_route *routes, size_t count, size_t i, int64_t *steps)
{
    const struct cli_route *r = &routes[i];
    if (mocket__span_eq(r->method, MOCKET_SPAN("CONNECT")))
        return (struct cli_shadow){ CLI_SHADOW_CONNECT, 0 };
    if (!begins_well(r->template))
        return (struct cli_shadow){ CLI_SHADOW_START, 0 };
    if (has_foreign_bytes(r->template))
        return (struct cli_shadow){ CLI_SHADOW_BYTES, 0 };
    return by_others(routes, count, i, steps);
}
