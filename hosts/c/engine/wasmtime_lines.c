/* Wasmtime can read DWARF itself, each time that it makes a backtrace. It would read all of it for each frame, on the
 * worker's thread, without limits, and it follows nested functions by recursion: a guest could stop the worker, or the
 * host. So DWARF is read once, when the module is compiled, where processor time and memory are limited (compile.h). It
 * becomes a table, which is kept with the compiled module:
 *
 *     rows, 4 bytes | rows of 12 bytes: offset in the file, offset in the texts, line | texts, each with a NUL
 *
 * All numbers are little-endian. The rows are in the order of their offsets; a row holds until the next one. Line 0:
 * nothing is known. */
#include "wasmtime_lines.h"

#include <string.h>

#include "engine_shim.h"

enum { COUNT_BYTES = 4, ROW_BYTES = 12 };

#if MOCKET_ENGINE_CRATE
#define TABLE_MAX (16u << 20)

void lines_make(mocket_span wasm, struct mocket_buf *out)
{
    wasm_byte_vec_t table;
    mocket_engine_lines((const uint8_t *)wasm.ptr, wasm.len, TABLE_MAX, &table);
    mocket__buf_add(out, table.data, table.size);
    wasm_byte_vec_delete(&table);
}
#else
void lines_make(mocket_span wasm, struct mocket_buf *out)
{
    (void)wasm;
    (void)out;
}
#endif

static uint32_t word(const char *at)
{
    const unsigned char *p = (const unsigned char *)at;
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* The last row that begins at the offset or before it, or NULL. */
static const char *row_of(const char *rows, size_t count, uint32_t offset)
{
    size_t first = 0, end = count; /* the first row behind the offset is in first..end */
    while (first < end) {
        size_t middle = first + (end - first) / 2;
        if (word(rows + middle * ROW_BYTES) <= offset)
            first = middle + 1;
        else
            end = middle;
    }
    return first > 0 ? rows + (first - 1) * ROW_BYTES : NULL;
}

bool lines_find(mocket_span table, uint32_t offset, struct mocket_buf *out)
{
    size_t count = table.len >= COUNT_BYTES ? word(table.ptr) : 0;
    if (count == 0 || count > (table.len - COUNT_BYTES) / ROW_BYTES)
        return false;
    const char *rows = table.ptr + COUNT_BYTES, *texts = rows + count * ROW_BYTES;
    size_t texts_len = (size_t)(table.ptr + table.len - texts);
    const char *row = row_of(rows, count, offset);
    uint32_t file = row ? word(row + 4) : 0, line = row ? word(row + 8) : 0;
    if (line == 0 || file >= texts_len)
        return false;
    mocket__buf_add(out, texts + file, strnlen(texts + file, texts_len - file));
    mocket__buf_text(out, ":");
    mocket__buf_decimal(out, line);
    return true;
}
