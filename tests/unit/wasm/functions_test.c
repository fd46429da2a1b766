/* Names of functions: by their place in the table, and from the name section; damaged modules give none. */
#include "wasm/functions.h"

#include <stdlib.h>

#include "unit.h"

/* An element section with functions 5 and 6 at places 1 and 2, and a name section that calls 6 "six". */
static const unsigned char module[] =
    "\0asm\1\0\0\0"
    "\x09\x08\1\0\x41\1\x0b\2\5\6"
    "\0\x10\4name"
    "\0\1x"
    "\1\6\1\6\3six";

static void test_names(void **state)
{
    (void)state;
    mocket_span wasm = { (const char *)module, sizeof module - 1 };
    assert_int_equal(mocket__wasm_table_function(wasm, 0), UINT32_MAX);
    assert_int_equal(mocket__wasm_table_function(wasm, 1), 5);
    assert_int_equal(mocket__wasm_table_function(wasm, 2), 6);
    assert_int_equal(mocket__wasm_table_function(wasm, 3), UINT32_MAX);
    assert_int_equal(mocket__wasm_table_function(wasm, UINT32_MAX), UINT32_MAX);
    mocket_span name = mocket__wasm_function_name(wasm, 6);
    assert_int_equal(name.len, 3);
    assert_memory_equal(name.ptr, "six", 3);
    assert_int_equal(mocket__wasm_function_name(wasm, 5).len, 0);
}

static void test_damaged(void **state)
{
    (void)state;
    for (size_t len = 0; len < sizeof module - 1; len++) {
        char *copy = malloc(len ? len : 1); /* of its own, so that a sanitizer sees a read beyond it */
        memcpy(copy, module, len);
        mocket_span wasm = { copy, len };
        if (len < 18)
            assert_int_equal(mocket__wasm_table_function(wasm, 2), UINT32_MAX);
        assert_int_equal(mocket__wasm_function_name(wasm, 6).len, 0);
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
