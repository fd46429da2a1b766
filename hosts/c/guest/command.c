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

#include "../../../src/base/span.h"
#include "../../../src/wasm/sections.h"
#include "app.h"

/* The body of a function that is not imported. */
static struct mocket_wasm_bytes body(mocket_span wasm, uint32_t index, uint32_t imported)
{
    struct mocket_wasm_bytes r = mocket__wasm_section(wasm, MOCKET_WASM_SECTION_CODE);
    uint32_t count = mocket__wasm_number(&r);
    if (index < imported || index - imported >= count)
        r.bad = true;
    for (uint32_t i = imported; i < index && !r.bad; i++)
        mocket__wasm_take(&r, mocket__wasm_number(&r));
    return mocket__wasm_take(&r, mocket__wasm_number(&r));
}

/* The function that a wrapper calls first, or UINT32_MAX when the body is no wrapper of that many parameters. */
static uint32_t wrapper_calls(struct mocket_wasm_bytes r, uint32_t params)
{
    enum { END = 0x0b, CALL = 0x10, LOCAL_GET = 0x20 };
    if (mocket__wasm_number(&r) != 0 || mocket__wasm_byte(&r) != CALL)
        return UINT32_MAX;
    uint32_t first = mocket__wasm_number(&r);
    for (uint32_t i = 0; i < params; i++)
        if (mocket__wasm_byte(&r) != LOCAL_GET || mocket__wasm_number(&r) != i)
            return UINT32_MAX;
    if (mocket__wasm_byte(&r) != CALL)
        return UINT32_MAX;
    mocket__wasm_number(&r);
    uint32_t op = mocket__wasm_byte(&r);
    if (op == CALL) {
        mocket__wasm_number(&r);
        op = mocket__wasm_byte(&r);
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
        uint32_t index = mocket__wasm_export_index(wasm, mocket__span(exports[i].name));
        if (index == UINT32_MAX)
            return false;
        constructors[i] = wrapper_calls(body(wasm, index, imported), exports[i].params);
    }
    return constructors[0] != UINT32_MAX && constructors[0] == constructors[1] && constructors[0] == constructors[2];
}

int guest_command_refuse(struct mocket_buf *why)
{
    return guest_app_refuse(why, "a command module: each of its exports runs all constructors and destructors again; ",
                            "link it with -mexec-model=reactor", NULL);
}
