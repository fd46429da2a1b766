/* The mark of a file that `mocket bundle` makes of an app: a custom section `mocket`, which names the target and the
 * app. In a component it is a section of the component itself, in a merged module one of the module. The order of
 * sections does not matter; a file has one mark.
 *
 * The content is text, so that any tool shows it; lines `KEY: VALUE`, each ended by LF, in this order:
 *
 *     target: wasi-http
 *     abi: 1.0
 *     app-sha256: 64 hexadecimal digits in lower case
 *     app-bytes: 48213
 *
 * abi is the version of the guest ABI between app and adapter. The hash and the size are those of the app.wasm that was
 * bundled. Readers skip lines with keys that they do not know. */
#ifndef MOCKET_WASM_MARK_H
#define MOCKET_WASM_MARK_H

#include "../base/buf.h"

#define MOCKET_WASM_MARK_SECTION "mocket"
#define MOCKET_WASM_MARK_HASH_LEN 64 /* hexadecimal digits */

struct mocket_wasm_mark {
    mocket_span target; /* the name of --target */
    uint32_t abi, abi_minor;
    mocket_span app_hash; /* MOCKET_WASM_MARK_HASH_LEN digits */
    uint64_t app_bytes;
};

/* Appends the whole section: id, length, name and content. */
void mocket__wasm_mark_write(struct mocket_buf *out, const struct mocket_wasm_mark *mark);
/* Reads the mark of a module or a component; the spans point into the file. Returns false when there is no mark, or
 * when the section is not of this form. */
bool mocket__wasm_mark_read(mocket_span file, struct mocket_wasm_mark *mark);

#endif
