/* Checks, the merger, the mark. */
#include "merged.h"

#include "../../src/base/span.h"
#include "../../src/wasm/mark.h"
#include "../../src/wasm/merge.h"
#include "../verbs.h"
#include "component.h"

int bundle_merge(const struct bundle_app *app, const struct bundle_adapter *adapter, struct mocket_buf *out)
{
    const struct mocket_wasm_merge both = { .app = app->bytes,
                                            .adapter = { (const char *)adapter->bytes, adapter->len },
                                            .host = MOCKET_SPAN("wasi_snapshot_preview1"),
                                            .traits = bundle_app_traits(app->bytes, &app->facts) };
    struct mocket_buf why = { 0 };
    if (adapter->len == 0)
        return mocket__cli_failure(app->verb,
                                   "this mocket was built without clang for wasm, and has no adapter for the target "
                                   "%s: build it where clang 19 or later and lld are installed",
                                   app->target);
    int rc = bundle_app_check(app->bytes, &app->facts, &why);
    if (rc == 0)
        rc = mocket__wasm_merge(&both, out, &why);
    if (rc < 0)
        rc = why.len ? mocket__cli_failure(app->verb, "%s: %.*s", app->path, (int)why.len, why.ptr)
                     : mocket__cli_failure(app->verb, "%s: out of memory", app->path);
    mocket__buf_release(&why);
    if (rc == 0)
        mocket__wasm_mark_write(out, &(struct mocket_wasm_mark){ mocket__span(app->target), MOCKET_ABI_VERSION,
                                                                 MOCKET_ABI_MINOR, mocket__span(app->hash),
                                                                 app->bytes.len });
    return rc;
}

/* The texts have no control characters (cli/bundle.c). */
void bundle_toml_line(struct mocket_buf *out, const char *key, const char *text)
{
    if (!text)
        return;
    mocket__buf_text(out, key);
    mocket__buf_text(out, " = \"");
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            mocket__buf_text(out, "\\");
        mocket__buf_add(out, text, 1);
    }
    mocket__buf_text(out, "\"\n");
}
