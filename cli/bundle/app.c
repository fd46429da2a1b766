#include "app.h"

#include <stdio.h>

#include "../../src/base/span.h"
#include "../../src/wasm/sections.h"
#include "../verbs.h"

void bundle_warn(const struct bundle_app *app, const char *feature, const char *instead)
{
    fprintf(stderr, "mocket %s: warning: %s: %s. %s\n", app->verb, app->path, feature, instead);
}

bool bundle_imports(const struct bundle_app *app, const char *name)
{
    struct mocket_wasm_bytes r = mocket__wasm_section(app->bytes, MOCKET_WASM_SECTION_IMPORT);
    struct mocket_wasm_import import;
    for (uint32_t left = mocket__wasm_number(&r); left > 0 && mocket__wasm_next_import(&r, &import); left--)
        if (mocket__span_eq(import.name, mocket__span(name)))
            return true;
    return false;
}

struct bundle_file *bundle_new_file(const struct bundle_app *app, struct bundle_files *files, const char *name)
{
    struct bundle_file *file = bundle_files_add(files, mocket__span(name));
    if (!file)
        mocket__cli_failure(app->verb, "out of memory");
    return file;
}
