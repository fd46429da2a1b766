/* Wasmtime can read DWARF itself, each time that it makes a backtrace. It would read all of it for each frame, on the
 * worker's thread, without limits, and it follows nested functions by recursion: a guest could stop the worker, or the
 * host. So DWARF is read once, when the module is compiled, where processor time and memory are limited (compile.h). It
 * becomes a table, which is kept with the compiled module:
 *
 *     rows, 4 bytes | rows of 12 bytes: offset in the file, offset in the texts, line | texts, each with a NUL
 *
 * All numbers are little-endian. The rows are in the order of their offsets; a row holds until the next one. Line 0:
 * nothing is known.
 *
 * A path may be as long as the module. Each trap would copy it for each frame, so it is cut once, when the table is
 * made; the bytes behind it are unused. */
#include "wasmtime_lines.h"

#include <string.h>

#include "../../../src/base/word.h"
#include "engine.h"
#include "engine_shim.h"

enum { COUNT_BYTES = 4, ROW_BYTES = 12 };

#if MOCKET_ENGINE_CRATE
bool lines_supported(void)
{
    return true;
}

void lines_make(mocket_span wasm, struct mocket_buf *out)
{
    wasm_byte_vec_t table;
    mocket_engine_lines((const uint8_t *)wasm.ptr, wasm.len, ENGINE_LINES_MAX, &table);
    lines_cut(table.data, table.size);
    mocket__buf_add(out, table.data, table.size);
    wasm_byte_vec_delete(&table);
}
#else
bool lines_supported(void)
{
    return false;
}

void lines_make(mocket_span wasm, struct mocket_buf *out)
{
    (void)wasm;
    (void)out;
}
#endif

/* Where the texts of a table begin; its length when it is damaged or empty. */
static size_t texts_of(const char *table, size_t len)
{
    size_t count = len >= COUNT_BYTES ? mocket__load_u32(table) : 0;
    return count == 0 || count > (len - COUNT_BYTES) / ROW_BYTES ? len : COUNT_BYTES + count * ROW_BYTES;
}

/* "..." and the end of the text, from the first byte of a character on. */
static void cut_text(char *text, size_t len)
{
    static const char mark[] = "...";
    size_t from = len - (LINES_PATH_MAX - (sizeof mark - 1));
    while (from < len && ((unsigned char)text[from] & 0xc0) == 0x80)
        from++;
    memcpy(text, mark, sizeof mark - 1);
    memmove(text + sizeof mark - 1, text + from, len - from);
    text[sizeof mark - 1 + len - from] = '\0';
}

void lines_cut(char *table, size_t len)
{
    for (size_t at = texts_of(table, len); at < len;) {
        size_t text_len = strnlen(table + at, len - at);
        if (text_len > LINES_PATH_MAX)
            cut_text(table + at, text_len);
        at += text_len + 1;
    }
}

/* The last row that begins at the offset or before it, or NULL. */
static const char *row_of(const char *rows, size_t count, uint32_t offset)
{
    size_t first = 0, end = count; /* the first row behind the offset is in first..end */
    while (first < end) {
        size_t middle = first + (end - first) / 2;
        if (mocket__load_u32(rows + middle * ROW_BYTES) <= offset)
            first = middle + 1;
        else
            end = middle;
    }
    return first > 0 ? rows + (first - 1) * ROW_BYTES : NULL;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

bool lines_find(mocket_span table, uint32_t offset, struct mocket_buf *out)
{
    size_t begin = texts_of(table.ptr, table.len);
    if (begin == table.len)
        return false;
    const char *rows = table.ptr + COUNT_BYTES, *texts = table.ptr + begin;
    size_t texts_len = table.len - begin;
    const char *row = row_of(rows, mocket__load_u32(table.ptr), offset);
    uint32_t file = row ? mocket__load_u32(row + 4) : 0, line = row ? mocket__load_u32(row + 8) : 0;
    if (line == 0 || file >= texts_len)
        return false;
    mocket__buf_add(out, texts + file, strnlen(texts + file, least(texts_len - file, LINES_PATH_MAX)));
    mocket__buf_text(out, ":");
    mocket__buf_decimal(out, line);
    return true;
}
