/* What Wasmtime says of a problem is written for who develops with it: several lines, with causes that are numbered and
 * a backtrace in their midst. Whoever reads our log wants the reason in one line, and below it where in the guest it
 * was. So the text is taken apart, and the backtrace is told from the frames themselves.
 *
 * What must stay true: no shape of the text is relied on. What is not recognized is passed on as it is. */
#include "wasmtime_explain.h"

#include <string.h>

#include "../../../src/base/span.h"
#include "wasmtime_lines.h"

/* Appends a message line by line, joined with "; ". What the engine puts in front of the reason is left out: a
 * backtrace, which is told behind it, numbers of nested causes, blanks. */
static void explain_text(struct mocket_buf *why, mocket_span text)
{
    static const char marker[] = "Caused by:\n", trap[] = "wasm trap: ";
    const char *cause = memmem(text.ptr, text.len, marker, sizeof marker - 1);
    size_t at = cause ? (size_t)(cause - text.ptr) + sizeof marker - 1 : 0;
    for (bool first = true; at < text.len;) {
        size_t end = mocket__span_find(text, '\n', at);
        mocket_span line = mocket__span_trim(mocket__span_slice(text, at, end));
        at = end + 1;
        if (cause && line.len > 3 && line.ptr[0] >= '0' && line.ptr[0] <= '9' && line.ptr[1] == ':')
            line = mocket__span_slice(line, 3, line.len);
        if (line.len > sizeof trap && memcmp(line.ptr, trap, sizeof trap - 1) == 0)
            line = mocket__span_slice(line, sizeof trap - 1, line.len);
        if (line.len == 0)
            continue;
        mocket__buf_text(why, first ? "" : "; ");
        mocket__buf_span(why, line);
        first = false;
    }
}

static void add_hex(struct mocket_buf *why, size_t n)
{
    char digits[2 * sizeof n];
    size_t at = sizeof digits;
    do
        digits[--at] = "0123456789abcdef"[n & 15];
    while (n >>= 4);
    mocket__buf_text(why, "0x");
    mocket__buf_add(why, digits + at, sizeof digits - at);
}

/* A line for each frame: the function's name, if the module has names; the source line, if the module has DWARF; the
 * offset in the module's file. */
static void explain_frames(struct mocket_buf *why, const wasm_frame_vec_t *frames, mocket_span lines)
{
    for (size_t i = 0; i < frames->size; i++) {
        const wasm_name_t *name = wasmtime_frame_func_name(frames->data[i]);
        mocket__buf_text(why, "\n    at ");
        if (name)
            mocket__buf_add(why, name->data, name->size);
        else
            mocket__buf_text(why, "function ");
        if (!name)
            mocket__buf_decimal(why, wasm_frame_func_index(frames->data[i]));
        size_t offset = wasm_frame_module_offset(frames->data[i]);
        mocket__buf_text(why, " (");
        if (lines_find(lines, (uint32_t)offset, why))
            mocket__buf_text(why, ", ");
        add_hex(why, offset);
        mocket__buf_text(why, ")");
    }
}

/* Takes both. */
static void explain(struct mocket_buf *why, wasm_byte_vec_t *text, wasm_frame_vec_t *frames, mocket_span lines)
{
    size_t len = text->size;
    while (len > 0 && text->data[len - 1] == '\0')
        len--;
    explain_text(why, (mocket_span){ text->data, len });
    explain_frames(why, frames, lines);
    wasm_byte_vec_delete(text);
    wasm_frame_vec_delete(frames);
}

void explain_error(struct mocket_buf *why, wasmtime_error_t *error, mocket_span lines)
{
    wasm_byte_vec_t text;
    wasm_frame_vec_t frames;
    wasmtime_error_message(error, &text);
    wasmtime_error_wasm_trace(error, &frames);
    explain(why, &text, &frames, lines);
    wasmtime_error_delete(error);
}

void explain_trap(struct mocket_buf *why, wasm_trap_t *trap, mocket_span lines)
{
    wasm_byte_vec_t text;
    wasm_frame_vec_t frames;
    wasm_trap_message(trap, &text);
    wasm_trap_trace(trap, &frames);
    explain(why, &text, &frames, lines);
    wasm_trap_delete(trap);
}
