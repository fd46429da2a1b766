/* Wasmtime's text of a problem is written for developers of the engine: several lines, with numbered causes and a
 * backtrace among them. A reader of our log needs the reason in one line, and below it the place in the guest. So this
 * file takes the text apart, and writes the backtrace from the frames themselves.
 *
 * The engine's text of a trap in a guest has the names of functions, demangled. A mangled C++ name of a hundred bytes
 * can stand for gigabytes, so this text is never made if a name may be mangled: the reason is known without it.
 *
 * What must stay true: the code does not rely on the form of the text; unrecognized text is passed on unchanged. Names
 * and paths are the guest's: each is cut, and a line end in it never begins a line. Other characters are escaped by the
 * log. */
#include "wasmtime_explain.h"

#include <assert.h>
#include <string.h>

#include "../../../src/base/span.h"
#include "wasmtime_lines.h"

enum { FRAMES_MAX = 32, FUNCTION_NAME_MAX = 512, REASON_MAX = 4096 };
static_assert(REASON_MAX + FRAMES_MAX * (FUNCTION_NAME_MAX + LINES_PATH_MAX + 100) <= EXPLAIN_MAX, "all of a trap");

/* Where the reason begins: behind the last marker, since names in front of it may hold it too. */
static size_t find_cause(mocket_span text, bool *found)
{
    static const char marker[] = "Caused by:\n";
    const char *at = text.ptr, *end = text.ptr + text.len, *next;
    while ((next = memmem(at, (size_t)(end - at), marker, sizeof marker - 1)) != NULL) {
        at = next + sizeof marker - 1;
        *found = true;
    }
    return (size_t)(at - text.ptr);
}

/* Appends a message line by line, joined with "; ". What the engine puts in front of the reason is left out: a
 * backtrace, which is told behind it, numbers of nested causes, blanks. */
static void explain_text(struct mocket_buf *why, mocket_span text)
{
    static const char trap[] = "wasm trap: ";
    bool cause = false;
    size_t at = find_cause(text, &cause);
    text = mocket__span_slice(text, 0, text.len - at > REASON_MAX ? at + REASON_MAX : text.len);
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

/* The beginning of a name, in whole characters. */
static void add_name(struct mocket_buf *why, const wasm_name_t *name)
{
    size_t len = name->size;
    if (len > FUNCTION_NAME_MAX) {
        len = FUNCTION_NAME_MAX;
        while (len > 0 && ((unsigned char)name->data[len] & 0xc0) == 0x80)
            len--;
    }
    mocket__buf_add(why, name->data, len);
    mocket__buf_text(why, len < name->size ? "..." : "");
}

/* Replaces the line ends behind `from` by '?': a name of the module must not begin a line of the log. */
static void join_lines(struct mocket_buf *why, size_t from)
{
    for (size_t at = from; at < why->len; at++)
        if (why->ptr[at] == '\n')
            why->ptr[at] = '?';
}

/* The function's name, if the module has names; the source line, if the module has DWARF; the offset in the module's
 * file. */
static void explain_frame(struct mocket_buf *why, const wasm_frame_t *frame, mocket_span lines)
{
    const wasm_name_t *name = wasmtime_frame_func_name(frame);
    size_t offset = wasm_frame_module_offset(frame);
    mocket__buf_text(why, "\n    at ");
    size_t begin = why->len;
    if (name)
        add_name(why, name);
    else
        mocket__buf_text(why, "function ");
    if (!name)
        mocket__buf_decimal(why, wasm_frame_func_index(frame));
    mocket__buf_text(why, " (");
    if (lines_find(lines, (uint32_t)offset, why))
        mocket__buf_text(why, ", ");
    add_hex(why, offset);
    mocket__buf_text(why, ")");
    join_lines(why, begin);
}

/* Returns whether the engine might demangle the name. Mangled names of C++ and Rust begin with _Z, _R, or these with
 * underscores more or less. */
static bool is_mangled(const wasm_name_t *name)
{
    size_t at = 0;
    while (at < name->size && name->data[at] == '_')
        at++;
    return at < name->size && (name->data[at] == 'Z' || name->data[at] == 'R');
}

static bool any_mangled(const wasm_frame_vec_t *frames)
{
    bool any = false;
    for (size_t i = 0; i < frames->size && !any; i++) {
        const wasm_name_t *name = wasmtime_frame_func_name(frames->data[i]);
        any = name && is_mangled(name);
    }
    return any;
}

/* Takes the text. */
static void explain_message(struct mocket_buf *why, wasm_byte_vec_t *text)
{
    size_t len = text->size;
    while (len > 0 && text->data[len - 1] == '\0')
        len--;
    explain_text(why, (mocket_span){ text->data, len });
    wasm_byte_vec_delete(text);
}

/* Takes the frames. */
static void explain_frames(struct mocket_buf *why, wasm_frame_vec_t *frames, const struct explain_known *known)
{
    size_t count = frames->size < FRAMES_MAX ? frames->size : FRAMES_MAX;
    for (size_t i = 0; i < count; i++)
        explain_frame(why, frames->data[i], known ? known->lines : mocket__span(""));
    wasm_frame_vec_delete(frames);
}

void explain_error(struct mocket_buf *why, wasmtime_error_t *error, const struct explain_known *known)
{
    wasm_byte_vec_t text;
    wasm_frame_vec_t frames;
    wasmtime_error_wasm_trace(error, &frames);
    if (known && known->reason) {
        explain_text(why, mocket__span(known->reason));
    } else if (any_mangled(&frames)) {
        mocket__buf_text(why, "the engine could not go on (the heap of garbage-collected objects may be full)");
    } else {
        wasmtime_error_message(error, &text);
        explain_message(why, &text);
    }
    explain_frames(why, &frames, known);
    wasmtime_error_delete(error);
}

/* The text of a trap that has the same code and no frames. */
static void explain_code(struct mocket_buf *why, wasmtime_trap_code_t code)
{
    wasm_byte_vec_t text;
    wasm_trap_t *same = wasmtime_trap_new_code(code);
    wasm_trap_message(same, &text);
    explain_message(why, &text);
    wasm_trap_delete(same);
}

void explain_trap(struct mocket_buf *why, wasm_trap_t *trap, const struct explain_known *known)
{
    wasm_frame_vec_t frames;
    wasmtime_trap_code_t code;
    wasm_trap_trace(trap, &frames);
    if (wasmtime_trap_code(trap, &code))
        explain_code(why, code);
    else
        explain_text(why, mocket__span(known && known->reason ? known->reason : "the host ended the call"));
    explain_frames(why, &frames, known);
    wasm_trap_delete(trap);
}
