/* The bytes of a component target, from the app and the template. */
#include "spliced.h"

#include "../../src/base/span.h"
#include "../../src/wasm/mark.h"
#include "../verbs.h"

int bundle_spliced_check(const struct bundle_app *app, const struct bundle_component *component)
{
    struct mocket_buf why = { 0 };
    if (component->len == 0)
        return mocket__cli_failure(app->verb,
                                   "this mocket was built without clang for wasm, and has no template for "
                                   "the target %s: build it where clang 19 or later and lld are installed",
                                   app->target);
    int rc = bundle_component_check(component, app->bytes, &app->facts, &why);
    if (rc < 0)
        rc = mocket__cli_failure(app->verb, "%s: %.*s", app->path, (int)why.len, why.ptr ? why.ptr : "");
    mocket__buf_release(&why);
    return rc;
}

void bundle_spliced_write(const struct bundle_app *app, const struct bundle_component *component,
                          struct mocket_buf *out)
{
    bundle_component_splice(component, app->bytes, &app->facts, out);
    bundle_metadata_write(&app->metadata, out);
    mocket__wasm_mark_write(out,
                            &(struct mocket_wasm_mark){ mocket__span(app->target), MOCKET_ABI_VERSION, MOCKET_ABI_MINOR,
                                                        mocket__span(app->hash), app->bytes.len });
}
