#include "unit.h"

static void test_pieces(void **state)
{
    (void)state;
    struct mocket_arena a;
    mocket__arena_init(&a, 256);
    char *last = NULL;
    for (size_t len = 0; len < 600; len += 7) {
        char *piece = mocket__arena_alloc(&a, len);
        assert_non_null(piece);
        assert_int_equal((uintptr_t)piece % 16, 0);
        memset(piece, 0x5A, len);
        if (last && len > 7)
            assert_int_equal(last[len - 8], 0x5A);
        last = piece;
    }
    char *zero = mocket__arena_zero(&a, 100);
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(zero[i], 0);
    assert_false(a.failed);
    mocket__arena_release(&a);
}

static void test_arrays_double(void **state)
{
    (void)state;
    struct mocket_arena a;
    uint32_t *rows = NULL;
    size_t cap = 0;
    mocket__arena_init(&a, 256);
    for (uint32_t i = 0; i < 100; i++) {
        if (i == cap)
            rows = mocket__arena_grow(&a, rows, &cap, 3, sizeof *rows);
        rows[i] = i;
    }
    assert_int_equal(cap, 192); /* 3 doubled six times */
    for (uint32_t i = 0; i < 100; i++)
        assert_int_equal(rows[i], i);
    assert_false(a.failed);
    cap = SIZE_MAX / 2 + 1;
    assert_null(mocket__arena_grow(&a, rows, &cap, 3, 1));
    cap = SIZE_MAX / 8;
    assert_null(mocket__arena_grow(&a, rows, &cap, 3, sizeof *rows * 2));
    assert_int_equal(cap, SIZE_MAX / 8);
    assert_true(a.failed);
    mocket__arena_release(&a);
}

/* Fills len bytes in pieces. */
static void fill(struct mocket_arena *a, size_t len)
{
    for (size_t done = 0; done < len; done += 64)
        memset(mocket__arena_alloc(a, 64), 'z', 64);
}

static void test_reset_keeps_what_a_request_needs(void **state)
{
    (void)state;
    struct mocket_arena a;
    mocket__arena_init(&a, 0);
    a.first_len = MOCKET_ARENA_FIRST;
    void *first = mocket__arena_alloc(&a, 32);
    fill(&a, MOCKET_ARENA_CHUNK);
    for (int round = 0; round < 3; round++) {
        mocket__arena_reset(&a);
        mocket__memory_hook(unit_allocate);
        unit_allocations = unit_failing = 0;
        assert_ptr_equal(mocket__arena_alloc(&a, 32), first);
        fill(&a, MOCKET_ARENA_CHUNK);
        assert_int_equal(unit_allocations, 0);
        mocket__memory_hook(NULL);
        mocket__arena_check(&a);
    }
    mocket__arena_release(&a);
    mocket__arena_release(&a);
}

static void test_reset_bounds_what_it_keeps(void **state)
{
    (void)state;
    struct mocket_account account = { 0 };
    struct mocket_arena a;
    mocket__account_init(&account, 1 << 20);
    mocket__arena_init(&a, 0);
    a.first_len = MOCKET_ARENA_FIRST;
    a.till = mocket__account_till(&account);
    mocket__arena_alloc(&a, 1);
    assert_int_equal(mocket__account_held(&account), MOCKET_ARENA_FIRST);
    for (int round = 0; round < 3; round++) {
        mocket__arena_alloc(&a, 10000); /* a chunk of its own, among small ones */
        fill(&a, 50000);
        mocket__arena_reset(&a);
        assert_true(mocket__account_held(&account) >= MOCKET_ARENA_FIRST);
        assert_true(mocket__account_held(&account) <= 2 * MOCKET_ARENA_CHUNK + 128);
    }
    mocket__arena_release(&a);
    assert_int_equal(mocket__account_held(&account), 0);
    mocket__arena_alloc(&a, 10000); /* nothing else: nothing is kept */
    mocket__arena_reset(&a);
    assert_int_equal(mocket__account_held(&account), 0);
    mocket__arena_release(&a);
    mocket__account_release(&account);
}

static void test_a_piece_that_no_kept_chunk_holds(void **state)
{
    (void)state;
    struct mocket_arena a;
    mocket__arena_init(&a, 0);
    a.first_len = MOCKET_ARENA_FIRST;
    fill(&a, MOCKET_ARENA_CHUNK);
    mocket__arena_reset(&a);
    char *small = mocket__arena_alloc(&a, 1000), *large = mocket__arena_alloc(&a, 3900);
    memset(large, 'l', 3900);
    fill(&a, MOCKET_ARENA_CHUNK);
    memset(small, 's', 1000);
    for (size_t i = 0; i < 3900; i++)
        assert_int_equal(large[i], 'l');
    mocket__arena_check(&a);
    mocket__arena_release(&a);
}

static void test_copies(void **state)
{
    (void)state;
    struct mocket_arena a;
    mocket__arena_init(&a, 0);
    struct unit_guard g = unit_guarded(MOCKET_SPAN("a\0b"));
    mocket_span copy = mocket__arena_copy(&a, g.span);
    unit_same(copy, g.span, 0);
    assert_int_equal(copy.ptr[3], 0);
    unit_unguard(&g);
    assert_null(mocket__arena_copy(&a, (mocket_span){ NULL, 0 }).ptr);
    assert_non_null(mocket__arena_copy(&a, MOCKET_SPAN("")).ptr);
    assert_string_equal(mocket__arena_text(&a, MOCKET_SPAN("abc")), "abc");
    assert_string_equal(mocket__arena_text(&a, (mocket_span){ NULL, 0 }), "");
    mocket__arena_release(&a);
}

static void test_rewind(void **state)
{
    (void)state;
    struct mocket_arena a;
    mocket__arena_init(&a, 256);
    struct mocket_arena_mark empty = mocket__arena_mark(&a);
    char *first = mocket__arena_alloc(&a, 10);
    memset(first, 'x', 10);
    struct mocket_arena_mark mark = mocket__arena_mark(&a);
    for (int round = 0; round < 3; round++) {
        char *after = mocket__arena_alloc(&a, 10);
        assert_true(after > first && after < first + 64); /* the same place each time */
        for (int i = 0; i < 100; i++)
            memset(mocket__arena_alloc(&a, 100), 'y', 100); /* chunk after chunk */
        a.failed = true;
        mocket__arena_rewind(&a, &mark);
        assert_false(a.failed);
        assert_memory_equal(first, "xxxxxxxxxx", 10);
    }
    mocket__arena_rewind(&a, &empty);
    assert_ptr_equal(mocket__arena_alloc(&a, 10), first);
    mocket__arena_release(&a);
}

static int allocate_much(void *context)
{
    (void)context;
    struct mocket_arena a;
    unit_arena(&a);
    bool ok = true;
    for (size_t len = 1; len < 5000; len *= 3)
        ok &= mocket__arena_alloc(&a, len) != NULL;
    ok &= mocket__arena_copy(&a, MOCKET_SPAN("text")).ptr != NULL;
    assert_int_equal(a.failed, !ok);
    mocket__arena_reset(&a);
    assert_false(a.failed);
    mocket__arena_release(&a);
    return ok ? 0 : MOCKET_ENOMEM;
}

/* The sanitizer's heap aborts where others answer NULL. */
static void *refuse_huge(void *ptr, size_t len)
{
    return len > SIZE_MAX / 2 ? NULL : realloc(ptr, len);
}

static void test_no_memory(void **state)
{
    (void)state;
    assert_true(unit_each_allocation_fails(allocate_much, NULL) > 5);
    struct mocket_arena a;
    mocket__arena_init(&a, 0);
    mocket__memory_hook(refuse_huge);
    for (int chunks = 0; chunks <= 1; chunks++) {
        for (size_t less = 0; less < 64; less++)
            assert_null(mocket__arena_alloc(&a, SIZE_MAX - less));
        assert_non_null(mocket__arena_alloc(&a, 1)); /* then again, with a chunk that has room */
    }
    mocket__memory_hook(NULL);
    assert_true(a.failed);
    mocket__arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_arrays_double),
        cmocka_unit_test(test_reset_keeps_what_a_request_needs),
        cmocka_unit_test(test_reset_bounds_what_it_keeps),
        cmocka_unit_test(test_a_piece_that_no_kept_chunk_holds),
        cmocka_unit_test(test_copies),
        cmocka_unit_test(test_rewind),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
