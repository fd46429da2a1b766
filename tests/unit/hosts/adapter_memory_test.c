/* The adapters' allocator: pieces never overlap, keep their bytes, and are used again in other sizes. */
#include "tests/unit/unit.h"

#include "src/base/memory.h"

#pragma GCC diagnostic ignored "-Wattributes" /* of imports, which only wasm has */
#define mocket__realloc adapter_realloc
#define mocket__new adapter_new
#define mocket__free adapter_free
#define mocket__copy adapter_copy_text
void *adapter_realloc(void *ptr, size_t len);
void *adapter_new(size_t len);
void adapter_free(void *ptr);
char *adapter_copy_text(const char *text, size_t len);
#include "hosts/adapter/core/memory.c"

enum { ROOM = 64 << 20, MIB = 1 << 20 };

static _Alignas(16) char room[ROOM];
static size_t grown;

void *port_grow(size_t *len)
{
    size_t pages = (*len + LARGE - 1) / LARGE * LARGE;
    if (pages > ROOM - grown)
        return NULL;
    void *at = room + grown;
    grown += pages;
    *len = pages;
    return at;
}

static void forget(void)
{
    memset(&heap, 0, sizeof heap);
    grown = 0;
}

/* Each size in turn uses all memory, and gives it back: the next one, larger, finds it again. */
static void test_sizes_in_turn(void **state)
{
    (void)state;
    void *pieces[ROOM / LARGE];
    forget();
    for (size_t len = LARGE / 2; len <= 16 * MIB; len *= 2) {
        size_t count = 0;
        while (count < 20 * MIB / len && (pieces[count] = adapter_realloc(NULL, len)))
            count++;
        assert_true(count >= 20 * MIB / len - 1);
        for (size_t i = 0; i < count; i += 2)
            adapter_free(pieces[i]);
        for (size_t i = 1; i < count; i += 2)
            adapter_free(pieces[i]);
    }
    assert_true(grown <= 42u * MIB);
}

/* Any order of takes, growths and frees. */
static void test_random(void **state)
{
    enum { PIECES = 64 };
    unsigned char *at[PIECES] = { NULL };
    size_t len[PIECES] = { 0 };
    uint32_t seed = 1;
    (void)state;
    forget();
    for (int round = 0; round < 4000; round++) {
        uint32_t i = unit_random(&seed) % PIECES;
        size_t want = 1 + unit_random(&seed) % (unit_random(&seed) % 3 ? 300 : 500000);
        assert_true(!at[i] || unit_holds(at[i], len[i], (unsigned char)i));
        if (at[i] && unit_random(&seed) % 2) {
            adapter_free(at[i]);
            at[i] = NULL;
            continue;
        }
        unsigned char *p = adapter_realloc(at[i], want);
        assert_non_null(p);
        assert_true(((uintptr_t)p & 15) == 0);
        assert_true(!at[i] || unit_holds(p, len[i] < want ? len[i] : want, (unsigned char)i));
        memset(p, (int)i, want);
        at[i] = p;
        len[i] = want;
    }
}

static void test_limits(void **state)
{
    (void)state;
    forget();
    assert_null(adapter_realloc(NULL, ROOM + 1));
    assert_null(adapter_realloc(NULL, SIZE_MAX));
    adapter_free(NULL);
    char *text = adapter_copy_text("abc", 2);
    assert_string_equal(text, "ab");
    char *zeroes = adapter_new(100000);
    assert_true(unit_holds((unsigned char *)zeroes, 100000, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes_in_turn),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
