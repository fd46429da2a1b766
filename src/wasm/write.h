/* Pieces of the binary form, appended to a buf. The buf's status stores a failure. */
#ifndef MOCKET_WASM_WRITE_H
#define MOCKET_WASM_WRITE_H

#include "../base/buf.h"

/* An unsigned LEB128 number in its shortest form. */
void mocket__wasm_write_number(struct mocket_buf *out, uint32_t value);
/* A signed one. */
void mocket__wasm_write_signed(struct mocket_buf *out, int64_t value);
void mocket__wasm_write_byte(struct mocket_buf *out, uint32_t byte);
/* A name: its length, then its bytes. */
void mocket__wasm_write_name(struct mocket_buf *out, mocket_span name);
/* A section: id, length, content. A failure of the content becomes the failure of out. */
void mocket__wasm_write_section(struct mocket_buf *out, uint32_t id, const struct mocket_buf *content);

#endif
