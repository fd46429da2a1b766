/* Linkers fill the table by one active segment with a constant offset and a list of functions. Other forms are not
 * read: the caller then has no name to show, and nothing else depends on it. */
#include "functions.h"

#include "../base/span.h"
#include "code.h"

#define ACTIVE_FUNCTIONS 0u /* the form of a segment: offset, list of functions */
#define NAMES_OF_FUNCTIONS 1u

uint32_t mocket__wasm_table_function(mocket_span wasm, uint32_t place)
{
    struct mocket_wasm_bytes r = mocket__wasm_section(wasm, MOCKET_WASM_SECTION_ELEMENT);
    for (uint32_t left = mocket__wasm_number(&r); left > 0 && !r.bad; left--) {
        if (mocket__wasm_number(&r) != ACTIVE_FUNCTIONS || mocket__wasm_byte(&r) != MOCKET_WASM_I32_CONST)
            break;
        uint32_t first = mocket__wasm_number(&r); /* signed, but not negative: the same bytes */
        if (mocket__wasm_byte(&r) != MOCKET_WASM_END)
            break;
        uint32_t count = mocket__wasm_number(&r);
        for (uint32_t i = 0; i < count && !r.bad; i++) {
            uint32_t function = mocket__wasm_number(&r);
            if (place >= first && i == place - first && !r.bad)
                return function;
        }
    }
    return UINT32_MAX;
}

mocket_span mocket__wasm_function_name(mocket_span wasm, uint32_t index)
{
    struct mocket_wasm_bytes r = mocket__wasm_custom_section(wasm, MOCKET_SPAN("name"));
    while (r.at < r.end && !r.bad) {
        uint32_t kind = mocket__wasm_byte(&r);
        struct mocket_wasm_bytes names = mocket__wasm_take(&r, mocket__wasm_number(&r));
        if (kind != NAMES_OF_FUNCTIONS)
            continue;
        for (uint32_t left = mocket__wasm_number(&names); left > 0 && !names.bad; left--) {
            uint32_t function = mocket__wasm_number(&names);
            mocket_span name = mocket__wasm_name(&names);
            if (function == index && !names.bad)
                return name;
        }
    }
    return MOCKET_SPAN("");
}
