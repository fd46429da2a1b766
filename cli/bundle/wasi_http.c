/* The target wasi-http: an app inside a component that any host of wasi:http 0.2 runs. */
#include "../../src/base/span.h"
#include "../../src/wasm/mark.h"
#include "../verbs.h"
#include "component.h"
#include "standard.h"

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
    struct mocket_buf why = { 0 }, *out = &files->rows[0].bytes;
    if (component->len == 0)
        return mocket__cli_failure(app->verb,
                                   "this mocket was built without clang for wasm, and has no template for "
                                   "the target %s: build it where clang 19 or later and lld are installed",
                                   app->target);
    int rc = bundle_component_check(component, app->bytes, &app->facts, &why);
    if (rc < 0)
        rc = mocket__cli_failure(app->verb, "%s: %.*s", app->path, (int)why.len, why.ptr ? why.ptr : "");
    mocket__buf_release(&why);
    if (rc != 0)
        return rc;
    warn(app);
    bundle_component_splice(component, app->bytes, &app->facts, out);
    bundle_metadata_write(&app->metadata, out);
    mocket__wasm_mark_write(out,
                            &(struct mocket_wasm_mark){ mocket__span(app->target), MOCKET_ABI_VERSION, MOCKET_ABI_MINOR,
                                                        mocket__span(app->hash), app->bytes.len });
    return add_manifest(app, files);
}
