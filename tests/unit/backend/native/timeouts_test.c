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
        cmocka_unit_test(test_like_a_search),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
