#include "src/backend/native/server/input.h"
#include "unit.h"

static void fill(struct mocket_input *in, struct mocket_input_pool *pool, const char *text)
{
    size_t len = strlen(text);
    assert_true(mocket__input_room(in, pool) >= len);
    memcpy(in->ptr + in->end, text, len);
    in->end += len;
}

static void test_memory_only_while_there_are_bytes(void **state)
{
    struct mocket_input_pool pool = { 0 };
    struct mocket_input in = { 0 };
    (void)state;
    assert_int_equal(mocket__input_room(&in, &pool), MOCKET_INPUT_SMALL);
    char *first = in.ptr;
    mocket__input_release(&in, &pool);
    assert_null(in.ptr);
    assert_int_equal(pool.small_count, 1);
    assert_int_equal(mocket__input_room(&in, &pool), MOCKET_INPUT_SMALL);
    assert_ptr_equal(in.ptr, first); /* the warm one */
    mocket__input_release(&in, &pool);
    mocket__input_pool_release(&pool);
    assert_null(pool.small);
}

/* Whatever is done to make room, the unread bytes stay the same. */
static void test_growing_keeps_bytes(void **state)
{
    struct mocket_input_pool pool = { 0 };
    struct mocket_input in = { 0 };
    unsigned char next = 0, want = 0;
    (void)state;
    for (size_t round = 0; round < 600; round++) {
        size_t room = mocket__input_room(&in, &pool);
        assert_true(room > 0 && in.end + room <= in.cap);
        size_t len = room < 777 ? room : 777;
        for (size_t i = 0; i < len; i++)
            in.ptr[in.end++] = (char)next++;
        in.ptr[in.end] = '\0'; /* there is a byte for it */
        for (size_t i = 0; i < len / 4; i++)
            assert_int_equal((unsigned char)in.ptr[in.start++], want++);
    }
    assert_true(in.cap > MOCKET_INPUT_LARGE);
    while (in.start < in.end)
        assert_int_equal((unsigned char)in.ptr[in.start++], want++);
    mocket__input_release(&in, &pool);
    assert_int_equal(pool.large_count, 1); /* of the size that it had before; of larger ones none is kept */
    mocket__input_pool_release(&pool);
}

static void test_moves_before_it_grows(void **state)
{
    struct mocket_input_pool pool = { 0 };
    struct mocket_input in = { 0 };
    (void)state;
    fill(&in, &pool, "used up and unread");
    in.end = in.cap;
    in.start = in.cap - 6;
    memcpy(in.ptr + in.start, "unread", 6);
    assert_int_equal(mocket__input_room(&in, &pool), MOCKET_INPUT_SMALL - 6);
    unit_same(mocket__input_view(&in), MOCKET_SPAN("unread"), 0);
    mocket__input_release(&in, &pool);
    mocket__input_pool_release(&pool);
}

static void test_pool_is_bounded(void **state)
{
    struct mocket_input_pool pool = { 0 };
    static struct mocket_input many[2000];
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(many); i++)
        assert_true(mocket__input_copy(&many[i], &pool, (mocket_span){ 0 }, i % 2 ? MOCKET_INPUT_LARGE : 1));
    for (size_t i = 0; i < UNIT_COUNT(many); i++)
        mocket__input_release(&many[i], &pool);
    assert_true(pool.small_count > 0 && pool.small_count <= 256);
    assert_true(pool.large_count > 0 && pool.large_count <= 32);
    mocket__input_pool_release(&pool);
}

static void *never(void *ptr, size_t len)
{
    (void)ptr, (void)len;
    return NULL;
}

static void test_no_memory(void **state)
{
    struct mocket_input_pool pool = { 0 };
    struct mocket_input in = { 0 }, copy = { 0 };
    (void)state;
    fill(&in, &pool, "kept");
    in.end = in.cap; /* full */
    mocket__memory_hook(never);
    assert_int_equal(mocket__input_room(&in, &pool), 0);
    assert_false(mocket__input_copy(&copy, &pool, mocket__input_view(&in), 0));
    mocket__memory_hook(NULL);
    assert_memory_equal(in.ptr, "kept", 4);
    mocket__input_release(&in, &pool);
    mocket__input_pool_release(&pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory_only_while_there_are_bytes),
        cmocka_unit_test(test_growing_keeps_bytes),
        cmocka_unit_test(test_moves_before_it_grows),
        cmocka_unit_test(test_pool_is_bounded),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
