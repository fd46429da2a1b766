/* The guests' allocator: pieces never overlap, keep their bytes, become one chunk again, and wrong frees trap. */
#include "src/base/heap.h"

#include <signal.h>
#include <sys/wait.h>

#include "unit.h"

enum { ROOM = 64 << 20, PAGE = 65536, OTHERS = 0xEE };

static _Alignas(16) char room[ROOM];
static size_t grown, gap, most; /* gap: others take so much in front of each growth */

static char *more(struct mocket_heap *h, size_t *len)
{
    size_t pages = (*len + PAGE - 1) / PAGE * PAGE;
    (void)h;
    if (gap + pages > most - grown)
        return NULL;
    memset(room + grown, OTHERS, gap);
    grown += gap;
    char *at = room + grown;
    grown += pages;
    *len = pages;
    return at;
}

static struct mocket_heap heap_new(size_t memory, size_t others)
{
    grown = 0;
    gap = others;
    most = memory;
    return (struct mocket_heap){ .grow = more };
}

/* ---- any order of calls ---- */

enum { PIECES = 200 };

struct pieces {
    struct mocket_heap heap;
    unsigned char *at[PIECES];
    size_t len[PIECES];
    uint32_t seed;
};

static size_t any_len(uint32_t *seed)
{
    static const size_t most_of[] = { 16, 40, 300, 300, 5000, 70000 };
    return unit_random(seed) % most_of[unit_random(seed) % UNIT_COUNT(most_of)];
}

static void take_any(struct pieces *p, uint32_t i, size_t len)
{
    size_t align = unit_random(&p->seed) % 8 ? 16 : (size_t)16 << unit_random(&p->seed) % 9;
    unsigned char *taken =
        align > 16 ? mocket__heap_take_aligned(&p->heap, align, len) : mocket__heap_take(&p->heap, len);
    if (!taken)
        return;
    assert_true((uintptr_t)taken % align == 0);
    p->at[i] = taken;
    p->len[i] = len;
    memset(taken, (int)i, mocket__heap_room(taken));
}

static void change_any(struct pieces *p, uint32_t i, size_t len)
{
    size_t same = len < p->len[i] ? len : p->len[i];
    unsigned char *changed = mocket__heap_resize(&p->heap, p->at[i], len);
    assert_true(unit_holds(changed ? changed : p->at[i], changed ? same : p->len[i], (unsigned char)i));
    if (!changed)
        return;
    p->at[i] = changed;
    p->len[i] = len;
    memset(changed, (int)i, mocket__heap_room(changed));
}

static void free_any(struct pieces *p, uint32_t i)
{
    mocket__heap_give(&p->heap, p->at[i]);
    p->at[i] = NULL;
}

static void run_any(struct pieces *p, int rounds)
{
    for (int round = 0; round < rounds; round++) {
        uint32_t i = unit_random(&p->seed) % PIECES;
        size_t len = any_len(&p->seed);
        if (!p->at[i]) {
            take_any(p, i, len);
            continue;
        }
        assert_true(mocket__heap_room(p->at[i]) >= p->len[i]);
        assert_true(unit_holds(p->at[i], p->len[i], (unsigned char)i));
        if (unit_random(&p->seed) % 3)
            free_any(p, i);
        else
            change_any(p, i, len);
    }
    for (uint32_t i = 0; i < PIECES; i++)
        free_any(p, i);
}

static void test_any_order(void **state)
{
    (void)state;
    struct pieces p = { .heap = heap_new(ROOM, 0), .seed = 7 };
    run_any(&p, 200000);
    /* no chunk is left: all memory is one piece again, without a further growth */
    size_t before = grown;
    void *all = mocket__heap_take(&p.heap, grown - 64);
    assert_non_null(all);
    assert_int_equal(grown, before);
}

/* Another part of the program grows the memory too; and there is soon no more. */
static void test_torn_memory(void **state)
{
    (void)state;
    struct pieces p = { .heap = heap_new(ROOM, PAGE), .seed = 8 };
    void *page = mocket__heap_take(&p.heap, PAGE / 2), *next = mocket__heap_take(&p.heap, PAGE / 2);
    assert_true(page && next);
    run_any(&p, 50000);
    assert_true(grown > 4u * PAGE);
    assert_true(unit_holds((unsigned char *)room, PAGE, OTHERS) &&
                unit_holds((unsigned char *)room + 2 * PAGE, PAGE, OTHERS));
    p.heap = heap_new(16u * PAGE, 0);
    run_any(&p, 50000);
    assert_int_equal(grown, 16 * PAGE);
}

/* ---- reuse ---- */

static void test_holes_are_used(void **state)
{
    enum { COUNT = 1000 };
    (void)state;
    struct mocket_heap heap = heap_new(ROOM, 0);
    void *pieces[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        pieces[i] = mocket__heap_take(&heap, 1000);
    size_t before = grown;
    for (size_t i = 0; i < COUNT; i += 4) { /* two neighbours make room for a piece of twice the size */
        mocket__heap_give(&heap, pieces[i]);
        mocket__heap_give(&heap, pieces[i + 1]);
        pieces[i] = mocket__heap_take(&heap, 2000);
        pieces[i + 1] = NULL;
    }
    assert_int_equal(grown, before);
    for (size_t i = 2; i < COUNT; i += 4)
        mocket__heap_give(&heap, pieces[i]);
    for (size_t i = 2; i < COUNT; i += 4)
        pieces[i] = mocket__heap_take(&heap, 990 + i % 8);
    assert_int_equal(grown, before);
}

/* A list holds chunks of several sizes: before memory grows all of it is searched. */
static void test_whole_list_before_growth(void **state)
{
    enum { COUNT = 40 };
    (void)state;
    struct mocket_heap heap = heap_new(8u * PAGE, 0);
    void *pieces[COUNT], *walls[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        pieces[i] = mocket__heap_take(&heap, i ? 9300 : 9800);
        walls[i] = mocket__heap_take(&heap, 1);
        assert_true(pieces[i] && walls[i]);
    }
    while (mocket__heap_take(&heap, 16))
        continue;
    for (size_t i = 0; i < COUNT; i++)
        mocket__heap_give(&heap, pieces[i]);
    most = ROOM;
    size_t before = grown;
    assert_non_null(mocket__heap_take(&heap, 9800));
    assert_int_equal(grown, before);
    assert_non_null(mocket__heap_take(&heap, 9800));
    assert_true(grown > before);
}

/* A search of a list with many chunks would cost more than memory; but when memory is full all of it is searched. */
static void test_part_of_a_long_list_before_growth(void **state)
{
    enum { COUNT = 2000 };
    (void)state;
    struct mocket_heap heap = heap_new(ROOM, 0);
    static void *pieces[COUNT];
    void *last = NULL, *next;
    for (size_t i = 0; i < COUNT; i++) {
        pieces[i] = mocket__heap_take(&heap, i ? 9300 : 9800);
        assert_true(pieces[i] && mocket__heap_take(&heap, 1));
    }
    most = grown;
    while (mocket__heap_take(&heap, 16))
        continue;
    for (size_t i = 0; i < COUNT; i++)
        mocket__heap_give(&heap, pieces[i]);
    most = grown + PAGE;
    next = mocket__heap_take(&heap, 9800);
    assert_int_equal(grown, most);
    for (; next; next = mocket__heap_take(&heap, 9800))
        last = next;
    assert_ptr_equal(last, pieces[0]);
    mocket__heap_check(&heap);
}

static void test_resize_in_place(void **state)
{
    (void)state;
    struct mocket_heap heap = heap_new(ROOM, 0);
    char *piece = mocket__heap_take(&heap, 100);
    char *grownup = mocket__heap_resize(&heap, piece, 50000);
    assert_ptr_equal(grownup, piece);
    char *wall = mocket__heap_take(&heap, 100);
    assert_ptr_equal(mocket__heap_resize(&heap, piece, 10), piece);
    char *between = mocket__heap_take(&heap, 40000);
    assert_true(between > piece && between < wall);
    strcpy(piece, "kept");
    char *moved = mocket__heap_resize(&heap, piece, 60000);
    assert_ptr_not_equal(moved, piece);
    assert_string_equal(moved, "kept");
}

static void test_lengths(void **state)
{
    (void)state;
    struct mocket_heap heap = heap_new(2u * PAGE, 0);
    assert_null(mocket__heap_take(&heap, SIZE_MAX));
    assert_null(mocket__heap_take(&heap, 3u * PAGE));
    assert_null(mocket__heap_take_aligned(&heap, 4096, SIZE_MAX - 4096));
    assert_null(mocket__heap_take_aligned(&heap, SIZE_MAX / 2 + 1, 1));
    char *nothing = mocket__heap_take(&heap, 0), *other = mocket__heap_take(&heap, 0);
    assert_true(nothing && other && nothing != other);
    assert_null(mocket__heap_resize(&heap, nothing, SIZE_MAX));
    assert_null(mocket__heap_resize(&heap, nothing, 3u * PAGE));
    mocket__heap_give(&heap, nothing);
    mocket__heap_give(&heap, NULL);
}

/* ---- wrong use ---- */

static void expect_trap(void (*wrong)(struct mocket_heap *heap, char *const *p))
{
    pid_t child = fork();
    if (child == 0) {
        struct mocket_heap heap = heap_new(ROOM, 0);
        char *p[4];
        for (size_t i = 0; i < UNIT_COUNT(p); i++)
            p[i] = mocket__heap_take(&heap, 100);
        signal(SIGILL, SIG_DFL);
        signal(SIGTRAP, SIG_DFL);
        wrong(&heap, p);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && (WTERMSIG(status) == SIGILL || WTERMSIG(status) == SIGTRAP));
}

static void free_twice(struct mocket_heap *heap, char *const *p)
{
    mocket__heap_give(heap, p[0]);
    mocket__heap_give(heap, p[0]);
}

/* Between free neighbours the chunk is no longer a chunk. */
static void free_twice_joined(struct mocket_heap *heap, char *const *p)
{
    mocket__heap_give(heap, p[0]);
    mocket__heap_give(heap, p[2]);
    mocket__heap_give(heap, p[1]);
    mocket__heap_give(heap, p[1]);
}

/* The memory is in use again, but nothing was written there. */
static void free_twice_taken_again(struct mocket_heap *heap, char *const *p)
{
    size_t both = (size_t)(p[1] - p[0]) + mocket__heap_room(p[1]);
    mocket__heap_give(heap, p[1]);
    mocket__heap_give(heap, p[0]);
    assert_ptr_equal(mocket__heap_take(heap, both), p[0]);
    mocket__heap_give(heap, p[1]);
}

static void resize_freed(struct mocket_heap *heap, char *const *p)
{
    mocket__heap_give(heap, p[0]);
    mocket__heap_resize(heap, p[0], 10);
}

static void free_inside(struct mocket_heap *heap, char *const *p)
{
    memset(p[0], 0, 100);
    mocket__heap_give(heap, p[0] + 32);
}

static void free_misaligned(struct mocket_heap *heap, char *const *p)
{
    mocket__heap_give(heap, p[0] + 8);
}

static void free_foreign(struct mocket_heap *heap, char *const *p)
{
    static _Alignas(16) char foreign[64];
    (void)p;
    mocket__heap_give(heap, foreign + 32);
}

static void write_beyond(struct mocket_heap *heap, char *const *p)
{
    memset(p[0], 'x', mocket__heap_room(p[0]) + sizeof(size_t));
    mocket__heap_give(heap, p[1]);
    mocket__heap_give(heap, p[0]);
}

static void write_after_free(struct mocket_heap *heap, char *const *p)
{
    mocket__heap_take(heap, 1);
    mocket__heap_give(heap, p[0]);
    *(void **)(void *)p[0] = p[0];
    mocket__heap_take(heap, 100);
}

static void test_wrong_use_traps(void **state)
{
    (void)state;
    expect_trap(free_twice);
    expect_trap(free_twice_joined);
    expect_trap(free_twice_taken_again);
    expect_trap(resize_freed);
    expect_trap(free_inside);
    expect_trap(free_misaligned);
    expect_trap(free_foreign);
    expect_trap(write_beyond);
    expect_trap(write_after_free);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_order),       cmocka_unit_test(test_torn_memory),
        cmocka_unit_test(test_holes_are_used),  cmocka_unit_test(test_whole_list_before_growth),
        cmocka_unit_test(test_resize_in_place), cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_wrong_use_traps), cmocka_unit_test(test_part_of_a_long_list_before_growth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
