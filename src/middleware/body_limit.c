/* A limit for request bodies of some paths, below the app's own. */
#include <mocket.h>

#define MAX_BYTES 102400

static int body_limit(mocket_event *e)
{
    const struct mocket_body_limit_opts *opts = mocket_data(e);
    int rc = mocket_limit_body(e, opts->max_bytes);
    return rc ? rc : mocket_next(e);
}

void mocket_body_limit(mocket_app *app, const char *scope, const struct mocket_body_limit_opts *opts)
{
    struct mocket_body_limit_opts *own = mocket_app_mem(app, sizeof *own);
    if (!own)
        return;
    mocket_opts_read(own, sizeof *own, opts);
    if (own->max_bytes < 0)
        mocket_mistake(app, "mocket_body_limit: max_bytes is below 0");
    own->max_bytes = own->none ? 0 : own->max_bytes ? own->max_bytes : MAX_BYTES;
    mocket_use(app, scope, body_limit, own);
}
