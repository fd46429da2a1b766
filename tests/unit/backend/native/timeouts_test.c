#include "src/backend/native/server/timeouts.h"
#include "unit.h"

#define MANY 200

static struct mocket_timeouts *fresh(struct mocket_timeouts *t)
{
    mocket__timeouts_init(t);
    for (int i = 0; i < MOCKET_TIMEOUT_COUNT; i++)
        t->limit_ms[i] = 100 * (i + 1);
    t->limit_ms[MOCKET_TIMEOUT_NONE] = -1;
    return t;
}

static void test_empty(void **state)
{
    struct mocket_timeouts t;
    (void)state;
    fresh(&t);
    assert_true(mocket__timeouts_next(&t) == MOCKET_NEVER);
    assert_null(mocket__timeouts_due(&t, UINT64_MAX - 1));
    assert_null(mocket__timeouts_first(&t, MOCKET_TIMEOUT_IDLE));
}

static void test_no_limit_is_never_due(void **state)
{
    struct mocket_timeouts t;
    struct mocket_timeout m = { 0 };
    (void)state;
    fresh(&t);
    assert_true(mocket__timeouts_set(&t, &m, MOCKET_TIMEOUT_NONE, 5) == MOCKET_NEVER);
    assert_null(mocket__timeouts_due(&t, UINT64_MAX - 1));
    assert_ptr_equal(mocket__timeouts_first(&t, MOCKET_TIMEOUT_NONE), &m);
    mocket__timeouts_remove(&m);
    mocket__timeouts_remove(&m); /* twice is fine */
    assert_null(mocket__timeouts_first(&t, MOCKET_TIMEOUT_NONE));
}

/* Whoever takes due members and puts them back comes to an end. */
static void test_limit_of_nothing_is_later_than_now(void **state)
{
    struct mocket_timeouts t;
    struct mocket_timeout m = { 0 };
    (void)state;
    fresh(&t);
    t.limit_ms[MOCKET_TIMEOUT_LINGER] = 0;
    assert_true(mocket__timeouts_set(&t, &m, MOCKET_TIMEOUT_LINGER, 5) == 6);
    assert_null(mocket__timeouts_due(&t, 5));
    assert_ptr_equal(mocket__timeouts_due(&t, 6), &m);
}

static void test_changed_limit_begins_now(void **state)
{
    struct mocket_timeouts t;
    struct mocket_timeout a = { 0 }, b = { 0 }, c = { 0 }, other = { 0 };
    (void)state;
    fresh(&t);
    t.limit_ms[MOCKET_TIMEOUT_LINGER] = 100000;
    mocket__timeouts_set(&t, &other, MOCKET_TIMEOUT_IDLE, 0);
    mocket__timeouts_set(&t, &a, MOCKET_TIMEOUT_LINGER, 0);
    mocket__timeouts_set(&t, &b, MOCKET_TIMEOUT_LINGER, 10);
    mocket__timeouts_change(&t, MOCKET_TIMEOUT_LINGER, 50, 20);
    mocket__timeouts_set(&t, &c, MOCKET_TIMEOUT_LINGER, 30);
    assert_true(a.due_ms == 70 && b.due_ms == 70 && c.due_ms == 80);
    assert_true(other.due_ms == (uint64_t)t.limit_ms[MOCKET_TIMEOUT_IDLE]);
    assert_ptr_equal(mocket__timeouts_due(&t, 70), &a);
    assert_true(mocket__timeouts_next(&t) == 70);
}

/* Against a plain search through all members, at random. */
static void test_like_a_search(void **state)
{
    struct mocket_timeouts t;
    static struct mocket_timeout members[MANY];
    uint32_t seed = 1;
    (void)state;
    fresh(&t);
    for (uint64_t now_ms = 0; now_ms < 20000; now_ms += 7) {
        seed = seed * 1103515245 + 12345;
        struct mocket_timeout *m = &members[seed >> 8 & 127];
        if (seed >> 30 == 0)
            mocket__timeouts_remove(m);
        else
            mocket__timeouts_set(&t, m, (enum mocket_timeout_class)(seed >> 20 & 0xff) % MOCKET_TIMEOUT_COUNT, now_ms);
        uint64_t next_ms = MOCKET_NEVER;
        for (size_t i = 0; i < MANY; i++)
            if (members[i].next != NULL && members[i].due_ms < next_ms)
                next_ms = members[i].due_ms;
        assert_true(mocket__timeouts_next(&t) == next_ms);
        struct mocket_timeout *due;
        while ((due = mocket__timeouts_due(&t, now_ms)) != NULL) {
            assert_true(due->due_ms <= now_ms);
            mocket__timeouts_remove(due);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_no_limit_is_never_due),
        cmocka_unit_test(test_limit_of_nothing_is_later_than_now),
        cmocka_unit_test(test_changed_limit_begins_now),
        cmocka_unit_test(test_like_a_search),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
