/* The target wasi-server: an app inside a component that listens by itself, through wasi:sockets 0.2. */
#include "../command.h"
#include "spliced.h"

static void warn(const struct bundle_app *app)
{
    if (app->facts.sockets)
        bundle_warn(app, "it has WebSockets, and wasi-server has none: handshakes are answered 426",
                    "Targets with WebSockets: node, deno, bun, workerd, service-worker; and `mocket serve`");
    if (bundle_imports(app, "path_open"))
        bundle_warn(app, "it opens files, and this target has none: opening fails with ENOSYS",
                    "`mocket serve --dir` grants folders");
    if (app->facts.waits)
        bundle_warn(app,
                    "its handlers wait in the middle of a call, and this target has one instance: while a handler "
                    "waits, all other requests wait for it",
                    "Apps that export mocket_done, as MoonBit's do, serve many requests at once. `mocket serve` and "
                    "the target wasi-http have an instance for each waiting handler");
}

int bundle_make_wasi_server(const struct bundle_app *app, struct bundle_files *files)
{
    const struct bundle_component *component =
        app->facts.fetches ? &bundle_component_wasi_server_fetch : &bundle_component_wasi_server;
    int rc = bundle_spliced_check(app, component);
    if (rc != 0)
        return rc;
    warn(app);
    bundle_spliced_write(app, component, &files->rows[0].bytes);
    return 0;
}
