/* One account, its tills, and what arenas and bufs charge. */
#include "unit.h"

#include <pthread.h>

#include "src/base/buf.h"

#define MIB (UINT64_C(1) << 20)

static struct mocket_account *account_of(struct mocket_account *a, uint64_t limit)
{
    memset(a, 0, sizeof *a);
    mocket__account_init(a, limit);
    return a;
}

static void refuses_beyond_the_limit_and_recovers(void **state)
{
    (void)state;
    struct mocket_account a;
    struct mocket_till *t = mocket__account_till(account_of(&a, 64 * MIB)), *u = mocket__account_till(&a);
    unit_equal((long long)a.reserve, 4 * MIB, 0);
    assert_true(mocket__till_take(t, MOCKET_CHARGE_SOCKETS, 40 * MIB));
    assert_true(mocket__till_take(u, MOCKET_CHARGE_OUTGOING, 20 * MIB));
    assert_false(mocket__till_take(t, MOCKET_CHARGE_SOCKETS, 1));
    assert_false(mocket__till_take(u, MOCKET_CHARGE_ANSWERS, MIB));
    unit_equal((long long)mocket__account_refusals(&a), 2, 0);
    unit_equal((long long)mocket__account_held(&a), 60 * MIB, 0);
    unit_equal((long long)mocket__account_part(&a, MOCKET_CHARGE_SOCKETS), 40 * MIB, 0);
    mocket__till_give(u, MOCKET_CHARGE_OUTGOING, 20 * MIB);
    assert_true(mocket__till_take(t, MOCKET_CHARGE_SOCKETS, 19 * MIB));
    mocket__till_give(t, MOCKET_CHARGE_SOCKETS, 59 * MIB);
    unit_equal((long long)mocket__account_held(&a), 0, 0);
    assert_true(a.borrowed <= 2 * MOCKET_ACCOUNT_PIECE);
    mocket__till_close(t);
    mocket__till_close(u);
    unit_equal((long long)a.borrowed, 0, 0);
    mocket__account_release(&a);
}

/* Small charges of requests and answers, and no others. */
static void keeps_a_reserve(void **state)
{
    (void)state;
    struct mocket_account a;
    struct mocket_till *t = mocket__account_till(account_of(&a, 32 * MIB));
    mocket__till_owe(t, MOCKET_CHARGE_INSTANCES, 30 * MIB);
    assert_false(mocket__till_take(t, MOCKET_CHARGE_TOPICS, 100));
    assert_false(mocket__till_take(t, MOCKET_CHARGE_ANSWERS, MOCKET_ACCOUNT_SMALL + 1));
    uint64_t small = 0;
    while (mocket__till_take(t, MOCKET_CHARGE_ANSWERS, MOCKET_ACCOUNT_SMALL))
        small += MOCKET_ACCOUNT_SMALL;
    unit_equal((long long)small, 2 * MIB, 0);
    mocket__account_release(&a);
}

static void owes_what_exists(void **state)
{
    (void)state;
    struct mocket_account a;
    struct mocket_till *t = mocket__account_till(account_of(&a, MIB));
    mocket__till_owe(t, MOCKET_CHARGE_INSTANCES, 5 * MIB);
    unit_equal((long long)mocket__account_held(&a), 5 * MIB, 0);
    assert_false(mocket__till_take(t, MOCKET_CHARGE_REQUESTS, 1));
    assert_false(mocket__account_take(&a, 1));
    mocket__till_give(t, MOCKET_CHARGE_INSTANCES, 5 * MIB);
    assert_true(mocket__till_take(t, MOCKET_CHARGE_REQUESTS, 1));
    mocket__account_release(&a);
}

static void published_bytes_count_with_the_others(void **state)
{
    (void)state;
    struct mocket_account a;
    struct mocket_till *t = mocket__account_till(account_of(&a, 16 * MIB));
    assert_true(mocket__account_take(&a, 10 * MIB));
    assert_false(mocket__till_take(t, MOCKET_CHARGE_SOCKETS, 6 * MIB));
    assert_true(mocket__till_take(t, MOCKET_CHARGE_SOCKETS, 5 * MIB));
    assert_false(mocket__account_take(&a, MIB));
    unit_equal((long long)mocket__account_part(&a, MOCKET_CHARGE_PUBLISHED), 10 * MIB, 0);
    mocket__account_give(&a, 10 * MIB);
    assert_true(mocket__account_take(&a, MIB));
    mocket__account_release(&a);
}

static void counts_nothing_without_an_account(void **state)
{
    (void)state;
    assert_null(mocket__account_till(NULL));
    assert_true(mocket__till_take(NULL, MOCKET_CHARGE_SOCKETS, UINT64_MAX));
    mocket__till_give(NULL, MOCKET_CHARGE_SOCKETS, UINT64_MAX);
    mocket__till_owe(NULL, MOCKET_CHARGE_SOCKETS, 1);
    mocket__till_close(NULL);
    assert_true(mocket__account_take(NULL, UINT64_MAX));
    mocket__account_give(NULL, UINT64_MAX);
}

static void charges_arenas(void **state)
{
    (void)state;
    struct mocket_account a;
    struct mocket_arena arena;
    mocket__arena_init(&arena, 0);
    arena.first_len = MOCKET_ARENA_FIRST;
    arena.till = mocket__account_till(account_of(&a, 16 * MIB));
    arena.part = MOCKET_CHARGE_REQUESTS;
    assert_non_null(mocket__arena_alloc(&arena, 100));
    unit_equal((long long)mocket__account_held(&a), MOCKET_ARENA_FIRST, 0);
    struct mocket_arena_mark mark = mocket__arena_mark(&arena);
    arena.part = MOCKET_CHARGE_ANSWERS;
    assert_non_null(mocket__arena_alloc(&arena, 10 * MIB));
    assert_true(mocket__account_part(&a, MOCKET_CHARGE_ANSWERS) >= 10 * MIB);
    assert_null(mocket__arena_alloc(&arena, 10 * MIB));
    assert_true(arena.failed);
    arena.part = MOCKET_CHARGE_REQUESTS;
    mocket__arena_rewind(&arena, &mark);
    unit_equal((long long)mocket__account_part(&a, MOCKET_CHARGE_ANSWERS), 0, 0);
    assert_non_null(mocket__arena_alloc(&arena, 10 * MIB));
    mocket__arena_reset(&arena);
    unit_equal((long long)mocket__account_held(&a), MOCKET_ARENA_FIRST, 1);
    arena.part = MOCKET_CHARGE_ANSWERS; /* a chunk that was kept is charged as what it is used for */
    for (int i = 0; i < 2; i++) {
        assert_non_null(mocket__arena_alloc(&arena, 1000));
        assert_non_null(mocket__arena_alloc(&arena, 1000));
        unit_equal((long long)mocket__account_part(&a, arena.part), MOCKET_ARENA_FIRST, i);
        mocket__arena_reset(&arena);
        arena.part = MOCKET_CHARGE_OUTGOING;
    }
    unit_equal((long long)mocket__account_part(&a, MOCKET_CHARGE_ANSWERS), 0, 2);
    mocket__arena_release(&arena);
    unit_equal((long long)mocket__account_held(&a), 0, 0);
    mocket__arena_release(&arena);
    assert_non_null(arena.till);
    mocket__account_release(&a);
}

static void charges_bufs(void **state)
{
    (void)state;
    struct mocket_account a;
    struct mocket_buf buf = { .till = mocket__account_till(account_of(&a, MIB)), .part = MOCKET_CHARGE_SOCKETS };
    char bytes[1000] = { 0 };
    while (mocket__buf_status(&buf) == 0)
        mocket__buf_add(&buf, bytes, sizeof bytes);
    unit_equal(mocket__buf_status(&buf), MOCKET_ELIMIT, 0);
    unit_equal((long long)mocket__account_held(&a), (long long)buf.cap, 0);
    struct mocket_buf moved = buf;
    buf = (struct mocket_buf){ .till = moved.till, .part = moved.part };
    mocket__buf_release(&buf);
    unit_equal((long long)mocket__account_held(&a), (long long)moved.cap, 1);
    mocket__buf_release(&moved);
    unit_equal((long long)mocket__account_held(&a), 0, 2);
    mocket__buf_add(&moved, bytes, sizeof bytes);
    assert_true(mocket__account_held(&a) >= sizeof bytes);
    mocket__buf_release(&moved);
    mocket__account_release(&a);
}

/* What an allocation that failed was charged with is given back. */
static int charge_much(void *arg)
{
    struct mocket_till *t = arg;
    struct mocket_buf buf = { .till = t, .part = MOCKET_CHARGE_SOCKETS };
    struct mocket_arena arena;
    mocket__arena_init(&arena, 0);
    arena.first_len = MOCKET_ARENA_FIRST;
    arena.till = t;
    arena.part = MOCKET_CHARGE_REQUESTS;
    char bytes[3000] = { 0 };
    for (int i = 0; i < 3; i++)
        mocket__buf_add(&buf, bytes, sizeof bytes);
    bool failed = !mocket__arena_alloc(&arena, 100) || !mocket__arena_alloc(&arena, 10000) || buf.status < 0;
    int rc = failed ? MOCKET_ENOMEM : 0;
    mocket__buf_release(&buf);
    mocket__arena_release(&arena);
    unit_equal((long long)mocket__account_held(t->account), 0, 0);
    return rc;
}

static void gives_back_after_a_failed_allocation(void **state)
{
    (void)state;
    struct mocket_account a;
    struct mocket_till *t = mocket__account_till(account_of(&a, MIB));
    assert_true(unit_each_allocation_fails(charge_much, t) > 3);
    mocket__account_release(&a);
}

struct thread {
    pthread_t thread;
    struct mocket_account *account;
    atomic_uint_fast64_t *charged; /* by all of them, as far as they know */
    bool beyond;
};

static bool note(struct thread *me, bool taken, uint64_t bytes)
{
    if (taken)
        me->beyond |= atomic_fetch_add(me->charged, bytes) + bytes > me->account->limit;
    return taken;
}

static void *use(void *arg)
{
    struct thread *me = arg;
    struct mocket_till *t = mocket__account_till(me->account);
    for (int round = 0; round < 20000; round++) {
        uint64_t bytes = 1000u * (unsigned)(round % 500), published = 100000;
        bool mine = note(me, mocket__till_take(t, MOCKET_CHARGE_SOCKETS, bytes), bytes);
        bool shared = note(me, mocket__account_take(me->account, published), published);
        atomic_fetch_sub(me->charged, (mine ? bytes : 0) + (shared ? published : 0));
        if (mine)
            mocket__till_give(t, MOCKET_CHARGE_SOCKETS, bytes);
        if (shared)
            mocket__account_give(me->account, published);
    }
    mocket__till_close(t);
    return NULL;
}

static void threads_share_it(void **state)
{
    (void)state;
    struct mocket_account a;
    struct thread threads[4] = { 0 };
    atomic_uint_fast64_t charged = 0;
    account_of(&a, 2 * MIB);
    for (size_t i = 0; i < UNIT_COUNT(threads); i++) {
        threads[i].account = &a;
        threads[i].charged = &charged;
        assert_int_equal(pthread_create(&threads[i].thread, NULL, use, &threads[i]), 0);
    }
    for (size_t i = 0; i < UNIT_COUNT(threads); i++) {
        pthread_join(threads[i].thread, NULL);
        assert_false(threads[i].beyond);
    }
    unit_equal((long long)a.borrowed, 0, 0);
    unit_equal((long long)a.published, 0, 0);
    mocket__account_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_beyond_the_limit_and_recovers),
        cmocka_unit_test(keeps_a_reserve),
        cmocka_unit_test(owes_what_exists),
        cmocka_unit_test(published_bytes_count_with_the_others),
        cmocka_unit_test(counts_nothing_without_an_account),
        cmocka_unit_test(charges_arenas),
        cmocka_unit_test(charges_bufs),
        cmocka_unit_test(gives_back_after_a_failed_allocation),
        cmocka_unit_test(threads_share_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
