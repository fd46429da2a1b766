/* Without -mexec-model=reactor the linker puts a wrapper around every export:
 *
 *     call __wasm_call_ctors; local.get 0 ... n-1; call the function; call __wasm_call_dtors; end
 *
 * so that each request would run all constructors, and then atexit's functions, again. Names can be stripped; the shape
 * of the code cannot. So we look at the bodies of `_start` (only a command has it), mocket_alloc and mocket_handle: all
 * three must begin with a call of the same function, pass their parameters on, and hold nothing else.
 *
 * The engine has validated the module before; nevertheless every read is bounded, and what cannot be read is "no". */
#include "command.h"

#include <string.h>

#include "../../../src/base/span.h"

struct reader {
    const unsigned char *at, *end;
    bool bad;
};

static uint32_t byte(struct reader *r)
{
    if (r->at == r->end) {
        r->bad = true;
        return 0;
    }
    return *r->at++;
}

/* An unsigned LEB128 number of 32 bits. */
static uint32_t number(struct reader *r)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 35; shift += 7) {
        uint32_t b = byte(r);
        value |= (uint64_t)(b & 0x7f) << shift;
        if (!(b & 0x80))
            return (uint32_t)value;
    }
    r->bad = true;
    return 0;
}

/* The next len bytes as a reader of their own. */
static struct reader take(struct reader *r, uint32_t len)
{
    struct reader part = { r->at, r->at, true };
    if (r->bad || len > (size_t)(r->end - r->at)) {
        r->bad = true;
        return part;
    }
    r->at += len;
    return (struct reader){ part.at, r->at, false };
}

/* The content of a section; empty and bad when there is none. */
static struct reader section(mocket_span wasm, uint32_t wanted)
{
    struct reader r = { (const unsigned char *)wasm.ptr + 8, (const unsigned char *)wasm.ptr + wasm.len, wasm.len < 8 };
    while (!r.bad && r.at < r.end) {
        uint32_t id = byte(&r);
        struct reader content = take(&r, number(&r));
        if (id == wanted)
            return content;
    }
    return (struct reader){ NULL, NULL, true };
}

enum { SECTION_EXPORT = 7, SECTION_CODE = 10 };

/* Index of an exported function, or UINT32_MAX. */
static uint32_t export_index(mocket_span wasm, mocket_span name)
{
    struct reader r = section(wasm, SECTION_EXPORT);
    for (uint32_t left = number(&r); left > 0 && !r.bad; left--) {
        struct reader text = take(&r, number(&r));
        uint32_t kind = byte(&r), index = number(&r);
        mocket_span found = { (const char *)text.at, (size_t)(text.end - text.at) };
        if (!r.bad && kind == 0 && mocket__span_eq(found, name))
            return index;
    }
    return UINT32_MAX;
}

/* The body of a function that is not imported. */
static struct reader body(mocket_span wasm, uint32_t index, uint32_t imported)
{
    struct reader r = section(wasm, SECTION_CODE);
    uint32_t count = number(&r);
    if (index < imported || index - imported >= count)
        r.bad = true;
    for (uint32_t i = imported; i < index && !r.bad; i++)
        take(&r, number(&r));
    return take(&r, number(&r));
}

/* The function that a wrapper calls first, or UINT32_MAX when the body is no wrapper of that many parameters. */
static uint32_t wrapper_calls(struct reader r, uint32_t params)
{
    enum { END = 0x0b, CALL = 0x10, LOCAL_GET = 0x20 };
    if (number(&r) != 0 || byte(&r) != CALL)
        return UINT32_MAX;
    uint32_t first = number(&r);
    for (uint32_t i = 0; i < params; i++)
        if (byte(&r) != LOCAL_GET || number(&r) != i)
            return UINT32_MAX;
    if (byte(&r) != CALL)
        return UINT32_MAX;
    number(&r);
    uint32_t op = byte(&r);
    if (op == CALL) {
        number(&r);
        op = byte(&r);
    }
    return op == END && r.at == r.end && !r.bad ? first : UINT32_MAX;
}

bool guest_is_wrapped_command(mocket_span wasm, uint32_t imported)
{
    static const struct {
        const char *name;
        uint32_t params;
    } exports[] = { { "_start", 0 }, { "mocket_alloc", 1 }, { "mocket_handle", 3 } };
    uint32_t constructors[3];
    for (size_t i = 0; i < 3; i++) {
        uint32_t index = export_index(wasm, mocket__span(exports[i].name));
        if (index == UINT32_MAX)
            return false;
        constructors[i] = wrapper_calls(body(wasm, index, imported), exports[i].params);
    }
    return constructors[0] != UINT32_MAX && constructors[0] == constructors[1] && constructors[0] == constructors[2];
}
