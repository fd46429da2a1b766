/* The targets wasi-http and wasi-http@0.3: an app inside a component that any host of wasi:http 0.2, or 0.3, runs. */
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

static int make(const struct bundle_app *app, const struct bundle_component *component, struct bundle_files *files)
{
    int rc = bundle_spliced_check(app, component);
    if (rc != 0)
        return rc;
    warn(app);
    bundle_spliced_write(app, component, &files->rows[0].bytes);
    return add_manifest(app, files);
}

int bundle_make_wasi_http(const struct bundle_app *app, struct bundle_files *files)
{
    return make(app, app->environment ? &bundle_component_wasi_http_env : &bundle_component_wasi_http, files);
}

/* In wasi:http 0.2 an instance never has more than one request. */
static void warn_of_waits(const struct bundle_app *app)
{
    if (app->facts.waits)
        bundle_warn(
            app,
            "its handlers wait in the middle of a call, and hosts of wasi:http 0.3 give an instance several "
            "requests: while a handler waits, the others wait for it",
            "`wasmtime serve --max-instance-concurrent-reuse-count 1` gives each request that waits an instance "
            "of its own. Apps that export mocket_done, as MoonBit's do, serve many requests at once");
}

int bundle_make_wasi_http3(const struct bundle_app *app, struct bundle_files *files)
{
    int rc = make(app, app->environment ? &bundle_component_wasi_http3_env : &bundle_component_wasi_http3, files);
    if (rc == 0)
        warn_of_waits(app);
    return rc;
}
