/* Middlewares are registered here. A guest that has none links neither this file nor coverage.c. */
#include "../base/span.h"
#include "../http/url.h"
#include "coverage.h"

static struct mocket_middleware *middleware_slot(struct mocket_root *root)
{
    if (root->middleware_count == root->middleware_cap) {
        struct mocket_middleware *grown =
            mocket__arena_grow(&root->arena, root->middlewares, &root->middleware_cap, 4, sizeof *grown);
        if (!grown)
            return NULL;
        root->middlewares = grown;
    }
    return &root->middlewares[root->middleware_count++];
}

void mocket_use(mocket_app *app, const char *scope, mocket_handler *fn, void *data)
{
    if (!mocket__app_open_for(app, "mocket_use"))
        return;
    if (!fn) {
        mocket__app_problem(app, "mocket_use: the handler is NULL", "");
        return;
    }
    struct mocket_root *root = app->root;
    mocket_span raw = mocket__arena_copy(&root->arena, mocket__span(scope ? scope : app->base)), canonical = raw;
    int rc = raw.ptr ? mocket__path_canonical(&root->arena, raw, &canonical) : MOCKET_ENOMEM;
    struct mocket_middleware *m = rc == 0 ? middleware_slot(root) : NULL;
    if (!m) {
        mocket__app_problem(app,
                            rc == MOCKET_EINVAL ? "mocket_use: no request has a path in the scope " : "out of memory",
                            rc == MOCKET_EINVAL ? raw.ptr : "");
        return;
    }
    if (mocket__span_eq(canonical, MOCKET_SPAN("/")))
        canonical.len = 0;
    root->coverage = &mocket__coverage;
    *m = (struct mocket_middleware){ fn, data, canonical, raw };
    root->scoped = root->scoped || canonical.len > 0;
}
