/* Handles: one space, generations, owners. */
#include "tests/unit/unit.h"

#include "hosts/c/guest/handle.h"

static void finds_what_was_opened(void **state)
{
    (void)state;
    struct guest_handles h = { 0 };
    int a = 0, b = 0;
    int32_t first = guest_handle_open(&h, GUEST_HANDLE_REQUEST, &a);
    int32_t second = guest_handle_open(&h, GUEST_HANDLE_OPERATION, &b);
    assert_true(first > 0 && second > 0 && first != second);
    assert_ptr_equal(guest_handle_get(&h, first, GUEST_HANDLE_REQUEST), &a);
    assert_ptr_equal(guest_handle_get(&h, second, GUEST_HANDLE_OPERATION), &b);
    assert_null(guest_handle_get(&h, second, GUEST_HANDLE_REQUEST));
    guest_handles_release(&h);
}

static void refuses_invented_and_stale_ones(void **state)
{
    (void)state;
    struct guest_handles h = { 0 };
    int a = 0;
    int32_t number = guest_handle_open(&h, GUEST_HANDLE_REQUEST, &a);
    const int32_t invented[] = { 0, -1, 1, INT32_MAX, INT32_MIN, number + 1, number + (1 << 12), number - (1 << 12) };
    for (size_t i = 0; i < UNIT_COUNT(invented); i++)
        unit_equal(guest_handle_kind_of(&h, invented[i]), GUEST_HANDLE_NONE, i);
    for (int round = 0; round < 1000; round++) {
        guest_handle_end(&h, number);
        assert_null(guest_handle_get(&h, number, GUEST_HANDLE_REQUEST));
        int32_t next = guest_handle_open(&h, GUEST_HANDLE_REQUEST, &a);
        assert_null(guest_handle_get(&h, number, GUEST_HANDLE_REQUEST));
        number = next;
    }
    guest_handle_end(&h, number);
    guest_handle_end(&h, number); /* a second time does nothing */
    guest_handles_release(&h);
}

static void has_a_bound(void **state)
{
    (void)state;
    struct guest_handles h = { 0 };
    int x = 0;
    for (uint32_t i = 0; i < GUEST_HANDLES_MAX; i++)
        assert_true(guest_handle_open(&h, GUEST_HANDLE_OPERATION, &x) > 0);
    assert_int_equal(guest_handle_open(&h, GUEST_HANDLE_OPERATION, &x), MOCKET_ELIMIT);
    guest_handles_release(&h);
}

static int open_many(void *unused)
{
    (void)unused;
    struct guest_handles h = { 0 };
    int x = 0, rc = 0;
    for (int i = 0; i < 100 && rc == 0; i++) {
        int32_t number = guest_handle_open(&h, GUEST_HANDLE_OPERATION, &x);
        rc = number < 0 ? number : 0;
        if (rc == 0)
            assert_ptr_equal(guest_handle_get(&h, number, GUEST_HANDLE_OPERATION), &x);
    }
    guest_handles_release(&h);
    return rc;
}

static void survives_without_memory(void **state)
{
    (void)state;
    unit_each_allocation_fails(open_many, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_was_opened),
        cmocka_unit_test(refuses_invented_and_stale_ones),
        cmocka_unit_test(has_a_bound),
        cmocka_unit_test(survives_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
