/* The target wasi-http: an app inside a component that any host of wasi:http 0.2 runs. */
#include "spliced.h"

static void warn(const struct bundle_app *app)
{
    if (app->facts.sockets)
        bundle_warn(app, "it has WebSockets, and wasi:http has none: handshakes are answered 426",
                    "Targets with WebSockets: node, deno, bun, workerd, service-worker; and `mocket serve`");
    if (bundle_imports(app, "path_open"))
        bundle_warn(app, "it opens files, and this target has none: opening fails with ENOSYS",
                    "`mocket serve --dir` grants folders");
    if (!app->environment && bundle_imports(app, "environ_get"))
        bundle_warn(
            app, "it reads the environment, which is empty in the world wasi:http/proxy",
            "With --environment the component imports wasi:cli/environment; then `wasmtime serve` needs -S cli");
}

static int add_manifest(const struct bundle_app *app, struct bundle_files *files)
{
    if (app->manifest < 0)
        return 0;
    struct bundle_manifest m = { app->name, files->rows[0].name, &app->metadata, app->facts.fetches };
    struct bundle_file *file = bundle_new_file(app, files, bundle_manifest_file(app->manifest));
    if (!file)
        return 1;
    m.component = files->rows[0].name; /* the list may have moved */
    bundle_manifest_write(app->manifest, &m, &file->bytes);
    return 0;
}

int bundle_make_wasi_http(const struct bundle_app *app, struct bundle_files *files)
{
    const struct bundle_component *component =
        app->environment ? &bundle_component_wasi_http_env : &bundle_component_wasi_http;
    int rc = bundle_spliced_check(app, component);
    if (rc != 0)
        return rc;
    warn(app);
    bundle_spliced_write(app, component, &files->rows[0].bytes);
    return add_manifest(app, files);
}
