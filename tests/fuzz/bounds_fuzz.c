/* The limits of modules on any bytes: nothing behind the end is read, the verdict is one of two, a refusal has a reason
 * and stays one when a section follows. */
#include "../../hosts/c/guest/bounds.c"
#include "../../src/wasm/code.c"
#include "../../src/wasm/sections.c"
#include "fuzz.h"

static int check(mocket_span wasm)
{
    struct mocket_buf why = { 0 };
    int rc = guest_bounds_check(wasm, &why);
    FUZZ_HOLDS(rc == 0 || rc == MOCKET_ELIMIT);
    FUZZ_HOLDS((rc == MOCKET_ELIMIT) == (why.len > 0));
    mocket__buf_release(&why);
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mocket_span wasm = fuzz_input(data, size);
    char *copy = fuzz_copy(wasm), *longer = malloc(size + 2);
    int rc = check((mocket_span){ copy, size });
    FUZZ_HOLDS(mocket__wasm_memory_bytes((mocket_span){ copy, size }) <= UINT64_C(1) << 48);
    if (longer) {
        memcpy(longer, data, size);
        memcpy(longer + size, "\0\0", 2); /* an empty custom section */
        FUZZ_HOLDS(rc == 0 || check((mocket_span){ longer, size + 2 }) == rc);
    }
    free(longer);
    free(copy);
    return 0;
}
