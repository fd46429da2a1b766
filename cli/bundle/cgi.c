/* The targets cgi and wcgi: the same module. Wasmer gets a manifest beside it. */
#include "../../src/base/span.h"
#include "../../src/wasm/contents.h"
#include "merged.h"

static void warn(const struct bundle_app *app)
{
    if (app->facts.sockets)
        bundle_warn(app, "it has WebSockets, and CGI has none: handshakes are answered 426",
                    "Targets with WebSockets: node, deno, bun, workerd, service-worker; and `mocket serve`");
    if (app->facts.fetches)
        bundle_warn(app, "it sends requests, and this target cannot: mocket_fetch returns MOCKET_ENOTSUP",
                    "Targets that send requests: node, deno, bun, workerd, service-worker, wasi-http, fastly; and "
                    "`mocket serve`");
}

int bundle_make_cgi(const struct bundle_app *app, struct bundle_files *files)
{
    warn(app);
    return bundle_merge(app, &bundle_adapter_cgi, &files->rows[0].bytes);
}

static void write_manifest(const struct bundle_app *app, struct mocket_buf *out)
{
    const char *version = app->metadata.version, *description = app->metadata.description;
    mocket__buf_text(out, "[package]\n");
    bundle_toml_line(out, "version", version ? version : "0.1.0");
    bundle_toml_line(out, "description", description ? description : app->metadata.title);
    mocket__buf_text(out, "\n[[module]]\n");
    bundle_toml_line(out, "name", app->name);
    bundle_toml_line(out, "source", "app.wasm");
    bundle_toml_line(out, "abi", "wasi");
    mocket__buf_text(out, "\n[[command]]\n");
    bundle_toml_line(out, "name", app->name);
    bundle_toml_line(out, "module", app->name);
    bundle_toml_line(out, "runner", "https://webc.org/runner/wcgi");
    mocket__buf_text(out, "\n[command.annotations.wcgi]\n");
    bundle_toml_line(out, "dialect", "rfc-3875");
}

int bundle_make_wcgi(const struct bundle_app *app, struct bundle_files *files)
{
    struct bundle_file *module = bundle_new_file(app, files, "app.wasm");
    if (!module)
        return 1;
    warn(app);
    if (mocket__wasm_has_gc_types(app->bytes))
        bundle_warn(app, "it needs garbage collection, which Wasmer 7 does not have",
                    "A build for linear memory runs there (MoonBit: target wasm)");
    int rc = bundle_merge(app, &bundle_adapter_cgi, &module->bytes);
    struct bundle_file *manifest = rc == 0 ? bundle_new_file(app, files, "wasmer.toml") : NULL;
    if (manifest)
        write_manifest(app, &manifest->bytes);
    return manifest ? 0 : 1;
}
