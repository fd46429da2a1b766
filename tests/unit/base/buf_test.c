#include "src/base/buf.h"
#include "unit.h"

static void test_append(void **state)
{
    (void)state;
    struct mocket_buf b = { 0 };
    mocket__buf_text(&b, "one ");
    mocket__buf_span(&b, MOCKET_SPAN("two "));
    mocket__buf_span(&b, (mocket_span){ NULL, 0 });
    mocket__buf_decimal(&b, 18446744073709551615u);
    mocket__buf_add(&b, " \0", 2);
    unit_same(mocket__buf_view(&b), MOCKET_SPAN("one two 18446744073709551615 \0"), 0);
    assert_int_equal(mocket__buf_status(&b), 0);
    mocket__buf_release(&b);
    assert_int_equal(b.len, 0);
    mocket__buf_release(&b);
}

static void test_consume(void **state)
{
    (void)state;
    struct mocket_buf b = { 0 };
    mocket__buf_consume(&b, 3);
    mocket__buf_text(&b, "abcdef");
    mocket__buf_consume(&b, 2);
    unit_same(mocket__buf_view(&b), MOCKET_SPAN("cdef"), 0);
    mocket__buf_text(&b, "gh");
    unit_same(mocket__buf_view(&b), MOCKET_SPAN("cdefgh"), 1);
    mocket__buf_consume(&b, 99);
    assert_int_equal(b.len, 0);
    mocket__buf_release(&b);
}

static void test_bound(void **state)
{
    (void)state;
    struct mocket_buf b = { .max_len = 5 };
    mocket__buf_text(&b, "abc");
    mocket__buf_text(&b, "def");
    assert_int_equal(mocket__buf_status(&b), MOCKET_ETOOBIG);
    mocket__buf_text(&b, "g"); /* fits, but comes after what is missing */
    unit_same(mocket__buf_view(&b), MOCKET_SPAN("abc"), 0);
    mocket__buf_reset(&b);
    mocket__buf_text(&b, "abcde");
    assert_int_equal(mocket__buf_status(&b), 0);
    assert_null(mocket__buf_room(&b, SIZE_MAX));
    assert_int_equal(mocket__buf_status(&b), MOCKET_ETOOBIG);
    mocket__buf_release(&b);
}

static int append_much(void *context)
{
    (void)context;
    struct mocket_buf b = { 0 };
    for (int i = 0; i < 2000; i++)
        mocket__buf_text(&b, "0123456789");
    int rc = mocket__buf_status(&b);
    if (rc == 0)
        assert_int_equal(b.len, 20000);
    mocket__buf_release(&b);
    return rc;
}

static void test_no_memory(void **state)
{
    (void)state;
    assert_true(unit_each_allocation_fails(append_much, NULL) > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_append),
        cmocka_unit_test(test_consume),
        cmocka_unit_test(test_bound),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
