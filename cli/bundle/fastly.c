/* The target fastly: a package folder of Fastly Compute. */
#include "../../src/base/span.h"
#include "../../src/wasm/contents.h"
#include "merged.h"

static void warn(const struct bundle_app *app)
{
    if (app->facts.sockets)
        bundle_warn(app, "it has WebSockets, and this target has none: handshakes are answered 426",
                    "Targets with WebSockets: node, deno, bun, workerd, service-worker; and `mocket serve`");
    if (app->facts.fetches)
        bundle_warn(app, "it sends requests: mocket_fetch needs dynamic backends, a setting of the Fastly account",
                    "Without it mocket_fetch returns MOCKET_EDENIED");
    if (bundle_imports(app, "path_open"))
        bundle_warn(app, "it opens files, and Fastly has none: opening fails", "`mocket serve --dir` grants folders");
    if (mocket__wasm_has_gc_types(app->bytes))
        bundle_warn(app, "it needs garbage collection: Viceroy has it with --wasm-gc, Fastly may refuse the module",
                    "A build for linear memory runs there (MoonBit: target wasm)");
}

static void write_manifest(const struct bundle_app *app, struct mocket_buf *out)
{
    const char *description = app->metadata.description;
    mocket__buf_text(out, "manifest_version = 3\n");
    bundle_toml_line(out, "name", app->name);
    bundle_toml_line(out, "description", description ? description : app->metadata.title);
    mocket__buf_text(out, "authors = []\n");
    bundle_toml_line(out, "language", "other");
    mocket__buf_text(out, "\n[scripts]\n");
    bundle_toml_line(out, "build", "test -f bin/main.wasm"); /* it is built */
    mocket__buf_text(out, "\n[local_server]\n");
}

int bundle_make_fastly(const struct bundle_app *app, struct bundle_files *files)
{
    struct bundle_file *module = bundle_new_file(app, files, "bin/main.wasm");
    if (!module)
        return 1;
    warn(app);
    int rc = bundle_merge(app, &bundle_adapter_fastly, &module->bytes);
    struct bundle_file *manifest = rc == 0 ? bundle_new_file(app, files, "fastly.toml") : NULL;
    if (manifest)
        write_manifest(app, &manifest->bytes);
    return manifest ? 0 : 1;
}
