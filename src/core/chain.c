/* Runs the chain. Each running handler has a frame on its caller's stack, which stores whether the handler has called
 * mocket_next. This is the only state, and lets a second call be refused (M-07). */
#include "chain.h"

#include "../base/check.h"
#include "../base/span.h"

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

int mocket__chain_select(struct mocket_chain *chain, const struct mocket_root *root, const struct mocket_place *place,
                         struct mocket_arena *a)
{
    if (root->middleware_count == 0)
        return 0;
    chain->middlewares = mocket__arena_alloc(a, root->middleware_count * sizeof *chain->middlewares);
    if (!chain->middlewares)
        return MOCKET_ENOMEM;
    for (size_t i = 0; i < root->middleware_count; i++) {
        const struct mocket_middleware *m = &root->middlewares[i];
        if (covers_request(m, place))
            chain->middlewares[chain->count++] = m;
    }
    return 0;
}

static int run_handler(mocket_event *e, const struct mocket_chain *chain)
{
    int rc = chain->handler(e);
    if (rc != 0 || e->res->kind != MOCKET_BODY_NONE)
        return rc;
    const char *method = mocket_method(e), *path = mocket_path(e);
    mocket__event_log(e, MOCKET_LOG_ERROR, "the handler of ", e->route_text, " answered nothing: ", method, " ", path,
                      NULL);
    return 500;
}

static int run_step(mocket_event *e, size_t step)
{
    const struct mocket_chain *chain = e->chain;
    bool innermost = step == chain->count;
    struct mocket_frame frame = { .step = step, .data = innermost ? chain->data : chain->middlewares[step]->data };
    struct mocket_frame *caller = e->frame;
    e->frame = &frame;
    MOCKET_CHECK(step <= chain->count);
    int rc = innermost ? run_handler(e, chain) : chain->middlewares[step]->fn(e);
    MOCKET_CHECK(e->frame == &frame && e->chain == chain); /* inner ones have taken theirs away */
    e->frame = caller;
    return rc;
}

int mocket__execute_middlewares(mocket_event *e, struct mocket_chain *chain)
{
    MOCKET_CHECK(!e->chain && !e->frame);
    e->chain = chain;
    return run_step(e, 0);
}

int mocket_next(mocket_event *e)
{
    struct mocket_frame *frame = e->frame;
    if (!frame || frame->next_called || frame->step >= e->chain->count)
        return MOCKET_ESTATE;
    frame->next_called = true;
    return run_step(e, frame->step + 1);
}

void *mocket_data(const mocket_event *e)
{
    return e->frame ? e->frame->data : NULL;
}
