#include "unit.h"

static void test_allocate(void **state)
{
    (void)state;
    char *bytes = mocket__new(100);
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(bytes[i], 0);
    memset(bytes, 'x', 100);
    bytes = mocket__realloc(bytes, 1000);
    assert_int_equal(bytes[99], 'x');
    mocket__free(bytes);
    mocket__free(NULL);
    char *copy = mocket__copy("a\0bc", 3);
    assert_memory_equal(copy, "a\0b\0", 4);
    mocket__free(copy);
    copy = mocket__copy(NULL, 0);
    assert_string_equal(copy, "");
    mocket__free(copy);
}

static int allocate_all(void *context)
{
    (void)context;
    void *a = mocket__new(8), *b = mocket__copy("x", 1), *c = mocket__realloc(NULL, 5);
    int rc = a && b && c ? 0 : MOCKET_ENOMEM;
    mocket__free(a);
    mocket__free(b);
    mocket__free(c);
    return rc;
}

static void test_no_memory(void **state)
{
    (void)state;
    assert_int_equal(unit_each_allocation_fails(allocate_all, NULL), 3);
    assert_null(mocket__copy("", SIZE_MAX));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_allocate),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
