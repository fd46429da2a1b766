/* The counterpart of sections.c: what is written here is read there. */
#include "write.h"

void mocket__wasm_write_number(struct mocket_buf *out, uint32_t value)
{
    do {
        unsigned char byte = (unsigned char)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
        mocket__buf_add(out, &byte, 1);
        value >>= 7;
    } while (value > 0);
}

void mocket__wasm_write_byte(struct mocket_buf *out, uint32_t byte)
{
    unsigned char b = (unsigned char)byte;
    mocket__buf_add(out, &b, 1);
}

void mocket__wasm_write_signed(struct mocket_buf *out, int64_t value)
{
    for (; value < -0x40 || value > 0x3f; value = value >= 0 ? value / 128 : ~(~value / 128))
        mocket__wasm_write_byte(out, (uint32_t)(value & 0x7f) | 0x80);
    mocket__wasm_write_byte(out, (uint32_t)(value & 0x7f));
}

void mocket__wasm_write_name(struct mocket_buf *out, mocket_span name)
{
    mocket__wasm_write_number(out, (uint32_t)name.len);
    mocket__buf_span(out, name);
}

void mocket__wasm_write_section(struct mocket_buf *out, uint32_t id, const struct mocket_buf *content)
{
    unsigned char byte = (unsigned char)id;
    if (mocket__buf_status(content) != 0 && mocket__buf_status(out) == 0)
        out->status = mocket__buf_status(content);
    mocket__buf_add(out, &byte, 1);
    mocket__wasm_write_number(out, (uint32_t)content->len);
    mocket__buf_span(out, mocket__buf_view(content));
}
