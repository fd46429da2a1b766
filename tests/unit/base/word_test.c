#include "src/base/word.h"
#include "unit.h"

static void test_order(void **state)
{
    static const unsigned char bytes[9] = { 0xff, 0x01, 0x82, 0x03, 0x84, 0x05, 0x86, 0x07, 0x88 };
    unsigned char written[9] = { 0xff };
    (void)state;
    assert_int_equal(mocket__load_u16(bytes + 1), 0x8201);
    assert_int_equal(mocket__load_u32(bytes + 1), 0x84038201);
    assert_true(mocket__load_u64(bytes + 1) == UINT64_C(0x8807860584038201));
    mocket__store_u64(written + 1, UINT64_C(0x8807860584038201)); /* at an odd address */
    assert_memory_equal(written, bytes, sizeof bytes);
    mocket__store_u32(written + 1, 0x11223344);
    mocket__store_u16(written + 7, 0x5566);
    assert_memory_equal(written, "\xff\x44\x33\x22\x11\x05\x86\x66\x55", sizeof written);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_order) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
