/* Which middlewares cover a request: a comparison of their scopes with the path and with the route's template.
 *
 * Every path that a static route matches is its template, so the answer is the same for all its requests. It is found
 * when registration ends; a request of such a route compares nothing. */
#include "coverage.h"

#include "../base/span.h"
#include "../http/url.h"

static mocket_span next_segment(mocket_span path, size_t *at)
{
    while (*at < path.len && path.ptr[*at] == '/')
        (*at)++;
    size_t from = *at;
    *at = mocket__span_find(path, '/', from);
    return mocket__span_slice(path, from, *at);
}

/* In a path `:name` and `*` of a scope cover any one segment, so that a group with parameters in its base covers its
 * own routes; in a template they cover themselves. */
enum what { PATH, TEMPLATE };

static bool segment_covers(mocket_span scope, mocket_span segment, enum what what)
{
    bool wild = scope.ptr[0] == ':' || mocket__span_eq(scope, MOCKET_SPAN("*"));
    return wild && what == PATH ? segment.len > 0 : mocket__span_eq(scope, segment);
}

/* Returns whether the path begins with the scope's segments. Empty segments are ignored (M-03); `**` covers the
 * rest. */
static bool covers(mocket_span scope, mocket_span path, enum what what)
{
    size_t scope_at = 0, path_at = 0;
    for (;;) {
        mocket_span want = next_segment(scope, &scope_at);
        if (want.len == 0 || mocket__span_eq(want, MOCKET_SPAN("**")))
            return true;
        mocket_span have = next_segment(path, &path_at);
        if (have.len == 0 || !segment_covers(want, have, what))
            return false;
    }
}

static bool covers_request(const struct mocket_middleware *m, const struct mocket_place *place)
{
    return m->scope.len == 0 || covers(m->scope, place->canonical, PATH) || covers(m->raw, place->template, TEMPLATE);
}

int mocket__coverage_select(const struct mocket_root *root, const struct mocket_place *place, struct mocket_arena *a,
                            struct mocket_selection *out)
{
    *out = (struct mocket_selection){ NULL, 0 };
    if (root->middleware_count == 0)
        return 0;
    const struct mocket_middleware **rows = mocket__arena_alloc(a, root->middleware_count * sizeof *rows);
    if (!rows)
        return MOCKET_ENOMEM;
    for (size_t i = 0; i < root->middleware_count; i++)
        if (covers_request(&root->middlewares[i], place))
            rows[out->count++] = &root->middlewares[i];
    out->rows = rows;
    return 0;
}

static int select_for_request(const struct mocket_root *root, struct mocket_place *place, struct mocket_arena *a,
                              struct mocket_selection *out)
{
    int bad = root->scoped ? mocket__path_canonical(a, place->path, &place->canonical) : 0;
    if (bad == MOCKET_ENOMEM)
        return bad;
    if (bad < 0)
        *place = (struct mocket_place){ 0 };
    int rc = mocket__coverage_select(root, place, a, out);
    return rc < 0 ? rc : bad;
}

/* NULL: it is found for each request. */
static const struct mocket_selection *selection_of(struct mocket_root *root, mocket_span template)
{
    static const struct mocket_selection none = { NULL, 0 };
    struct mocket_arena_mark mark = mocket__arena_mark(&root->arena);
    struct mocket_place place = { .template = template };
    struct mocket_selection found;
    if (root->scoped && mocket__path_canonical(&root->arena, template, &place.canonical) < 0)
        return NULL;
    struct mocket_selection *kept = mocket__arena_alloc(&root->arena, sizeof *kept);
    if (!kept || mocket__coverage_select(root, &place, &root->arena, &found) < 0)
        return NULL;
    *kept = found;
    if (found.count > 0)
        return kept;
    mocket__arena_rewind(&root->arena, &mark);
    return &none;
}

static void prepare(struct mocket_root *root)
{
    const struct mocket_router *r = &root->router;
    for (size_t i = 0; i < r->bucket_count; i++)
        for (struct mocket_route *route = r->buckets[i]; route; route = route->next_static)
            route->selection = selection_of(root, route->template);
}

const struct mocket_coverage mocket__coverage = { select_for_request, prepare };
