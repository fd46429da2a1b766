#include "src/base/list.h"
#include "unit.h"

struct item {
    int number;
    struct mocket_link link;
};

static void expect(const struct mocket_list *l, const char *numbers)
{
    size_t at = 0;
    assert_int_equal(mocket__list_check(l), strlen(numbers));
    MOCKET_LIST_EACH (const struct item, i, l, link)
        assert_int_equal(i->number, numbers[at++] - '0');
    assert_int_equal(at, strlen(numbers));
    assert_int_equal(mocket__list_is_empty(l), at == 0);
}

static void test_both_ends(void **state)
{
    (void)state;
    struct mocket_list l = { 0 };
    struct item items[4] = { { .number = 0 }, { .number = 1 }, { .number = 2 }, { .number = 3 } };
    expect(&l, "");
    assert_null(MOCKET_LIST_FIRST(&l, struct item, link));
    mocket__list_append(&l, &items[1].link);
    expect(&l, "1");
    mocket__list_append(&l, &items[2].link);
    mocket__list_prepend(&l, &items[0].link);
    mocket__list_append(&l, &items[3].link);
    expect(&l, "0123");
    assert_ptr_equal(MOCKET_LIST_FIRST(&l, struct item, link), &items[0]);
    assert_ptr_equal(MOCKET_LIST_NEXT(&items[0], struct item, link), &items[1]);
    assert_null(MOCKET_LIST_NEXT(&items[3], struct item, link));
}

static void test_remove(void **state)
{
    (void)state;
    static const char *const left[] = { "12", "02", "01" };
    for (int gone = 0; gone < 3; gone++) { /* the first, one in the middle, the last */
        struct mocket_list l = { 0 };
        struct item items[3] = { { .number = 0 }, { .number = 1 }, { .number = 2 } };
        for (int i = 0; i < 3; i++)
            mocket__list_append(&l, &items[i].link);
        mocket__list_remove(&l, &items[gone].link);
        expect(&l, left[gone]);
        assert_null(items[gone].link.next);
        assert_null(items[gone].link.prev);
        mocket__list_prepend(&l, &items[gone].link); /* and on again */
        assert_int_equal(mocket__list_check(&l), 3);
        for (int i = 2; i >= 0; i--)
            mocket__list_remove(&l, &items[i].link);
        expect(&l, "");
    }
}

static void test_append_while_walking(void **state)
{
    (void)state;
    struct mocket_list l = { 0 };
    struct item first = { .number = 1 }, second = { .number = 2 };
    int seen = 0;
    mocket__list_append(&l, &first.link);
    MOCKET_LIST_EACH (struct item, i, &l, link)
        if (++seen == 1)
            mocket__list_append(&l, &second.link);
    assert_int_equal(seen, 2);
    expect(&l, "12");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_ends),
        cmocka_unit_test(test_remove),
        cmocka_unit_test(test_append_while_walking),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
