#include "src/base/deadline.h"
#include "unit.h"

static void test_after(void **state)
{
    (void)state;
    assert_true(mocket__deadline_after(5, 7) == 12);
    assert_true(mocket__deadline_after(5, MOCKET_NEVER) == MOCKET_NEVER);
    assert_true(mocket__deadline_after(5, MOCKET_NEVER - 5) == MOCKET_NEVER);
    assert_true(mocket__deadline_after(5, MOCKET_NEVER - 4) == MOCKET_NEVER); /* would wrap to 0 */
    assert_true(mocket__limit_ns(0) == MOCKET_NEVER);
    assert_true(mocket__limit_ns(3) == 3000000);
    assert_true(mocket__limit_ns(UINT64_MAX / 2) == MOCKET_NEVER);
    assert_true(mocket__deadline_first(3, MOCKET_NEVER) == 3);
    assert_true(mocket__deadline_first(4, 3) == 3);
}

static void test_left(void **state)
{
    (void)state;
    assert_false(mocket__deadline_is_over(10, 9));
    assert_true(mocket__deadline_is_over(10, 10));
    assert_true(mocket__deadline_left(10, 4) == 6);
    assert_true(mocket__deadline_left(10, 11) == 0);
    assert_true(mocket__deadline_left(MOCKET_NEVER, 11) == MOCKET_NEVER);
    assert_true(mocket__deadline_left_ms(10, 11) == 1);
    assert_true(mocket__deadline_left_ms(3000001, 1000001) == 3);
    assert_true(mocket__deadline_left_ms(MOCKET_NEVER, 1) == MOCKET_NEVER);
    assert_true(mocket__timespec_ns((struct timespec){ .tv_sec = 2, .tv_nsec = 5 }) == 2000000005);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_after), cmocka_unit_test(test_left) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
