/* The whole module is read: it was just written, and is small compared to the work of compiling it. */
#include "exports.h"

#include <stdint.h>

#include "../src/wasm/sections.h"
#include "../src/base/span.h"
#include "read.h"

bool mocket__cli_exports(const char *path, const char *name)
{
    struct mocket_buf bytes = { 0 };
    bool found = mocket__cli_read(path, &bytes) == 0 &&
                 mocket__wasm_export_index(mocket__buf_view(&bytes), mocket__span(name)) != UINT32_MAX;
    mocket__buf_release(&bytes);
    return found;
}
