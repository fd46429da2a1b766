/* Targets whose app is merged with an adapter to one core module (src/wasm/merge.h). */
#ifndef MOCKET_CLI_BUNDLE_MERGED_H
#define MOCKET_CLI_BUNDLE_MERGED_H

#include "standard.h"

/* An adapter, linked with the command. A build without clang for wasm has empty ones. */
struct bundle_adapter {
    const unsigned char *bytes;
    size_t len;
};
extern const struct bundle_adapter bundle_adapter_cgi, bundle_adapter_fastly;

/* Appends the module, with its mark. Returns 0, or an exit code after the error was printed. */
int bundle_merge(const struct bundle_app *app, const struct bundle_adapter *adapter, struct mocket_buf *out);

/* Appends `key = "text"` to a manifest in TOML; nothing if text is NULL. */
void bundle_toml_line(struct mocket_buf *out, const char *key, const char *text);

#endif
