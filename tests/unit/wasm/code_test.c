/* Instructions: the indices that each kind names, cut at every byte, and numbers that are not known. */
#include "tests/unit/unit.h"

#include "src/wasm/code.h"

#define T MOCKET_WASM_TYPES
#define F MOCKET_WASM_FUNCTIONS
#define TABLE MOCKET_WASM_TABLES
#define MEMORY MOCKET_WASM_MEMORIES
#define GLOBAL MOCKET_WASM_GLOBALS
#define TAG MOCKET_WASM_TAGS
#define ELEM MOCKET_WASM_ELEMENTS
#define DATA MOCKET_WASM_DATA

struct seen {
    size_t count;
    struct mocket_wasm_index rows[8];
};

static void note(void *data, const struct mocket_wasm_index *index)
{
    struct seen *seen = data;
    assert_true(seen->count < UNIT_COUNT(seen->rows));
    seen->rows[seen->count++] = *index;
}

static const struct {
    mocket_span bytes;
    struct {
        enum mocket_wasm_space space;
        uint32_t value;
    } names[4];
    size_t count;
} rows[] = {
#define ROW(bytes, count, ...) { UNIT_ROW(bytes), { __VA_ARGS__ }, count }
    ROW("\x00", 0, { 0 }),
    ROW("\x02\x40", 0, { 0 }),
    ROW("\x03\x7f", 0, { 0 }),
    ROW("\x04\x05", 1, { T, 5 }),
    ROW("\x06\x81\1", 1, { T, 129 }),
    ROW("\x07\2", 1, { TAG, 2 }),
    ROW("\x08\2", 1, { TAG, 2 }),
    ROW("\x09\2", 0, { 0 }),
    ROW("\x0b", 0, { 0 }),
    ROW("\x0d\xff\xff\xff\xff\x0f", 0, { 0 }),
    ROW("\x0e\2\1\2\3", 0, { 0 }),
    ROW("\x10\xe5\x8e\x26", 1, { F, 624485 }),
    ROW("\x11\1\2", 2, { T, 1 }, { TABLE, 2 }),
    ROW("\x12\3", 1, { F, 3 }),
    ROW("\x13\1\2", 2, { T, 1 }, { TABLE, 2 }),
    ROW("\x14\7", 1, { T, 7 }),
    ROW("\x15\7", 1, { T, 7 }),
    ROW("\x18\2", 0, { 0 }),
    ROW("\x1c\2\x7f\x63\4", 1, { T, 4 }),
    ROW("\x1f\x40\4\0\1\2\1\3\4\2\5\3\6", 2, { TAG, 1 }, { TAG, 3 }),
    ROW("\x20\5", 0, { 0 }),
    ROW("\x24\5", 1, { GLOBAL, 5 }),
    ROW("\x26\5", 1, { TABLE, 5 }),
    ROW("\x28\2\x10", 0, { 0 }),
    ROW("\x3e\x42\3\x10", 1, { MEMORY, 3 }),
    ROW("\x3f\0", 1, { MEMORY, 0 }),
    ROW("\x40\0", 1, { MEMORY, 0 }),
    ROW("\x41\x80\x80\x80\x80\x78", 0, { 0 }),
    ROW("\x42\x80\x80\x80\x80\x80\x80\x80\x80\x80\x7f", 0, { 0 }),
    ROW("\x43\1\2\3\4", 0, { 0 }),
    ROW("\x44\1\2\3\4\5\6\7\x08", 0, { 0 }),
    ROW("\xc4", 0, { 0 }),
    ROW("\xd0\x70", 0, { 0 }),
    ROW("\xd0\3", 1, { T, 3 }),
    ROW("\xd2\3", 1, { F, 3 }),
    ROW("\xd5\3", 0, { 0 }),
    ROW("\xfb\1\3", 1, { T, 3 }),
    ROW("\xfb\2\3\4", 1, { T, 3 }),
    ROW("\xfb\x08\3\4", 1, { T, 3 }),
    ROW("\xfb\x09\3\4", 2, { T, 3 }, { DATA, 4 }),
    ROW("\xfb\x0a\3\4", 2, { T, 3 }, { ELEM, 4 }),
    ROW("\xfb\x0f", 0, { 0 }),
    ROW("\xfb\x11\3\4", 2, { T, 3 }, { T, 4 }),
    ROW("\xfb\x12\3\4", 2, { T, 3 }, { DATA, 4 }),
    ROW("\xfb\x13\3\4", 2, { T, 3 }, { ELEM, 4 }),
    ROW("\xfb\x17\3", 1, { T, 3 }),
    ROW("\xfb\x18\3\1\x6e\4", 1, { T, 4 }),
    ROW("\xfb\x19\3\1\5\4", 2, { T, 5 }, { T, 4 }),
    ROW("\xfb\x1e", 0, { 0 }),
    ROW("\xfc\7", 0, { 0 }),
    ROW("\xfc\x08\3\0", 2, { DATA, 3 }, { MEMORY, 0 }),
    ROW("\xfc\x09\3", 1, { DATA, 3 }),
    ROW("\xfc\x0a\0\0", 2, { MEMORY, 0 }, { MEMORY, 0 }),
    ROW("\xfc\x0c\3\4", 2, { ELEM, 3 }, { TABLE, 4 }),
    ROW("\xfc\x0d\3", 1, { ELEM, 3 }),
    ROW("\xfc\x0e\3\4", 2, { TABLE, 3 }, { TABLE, 4 }),
    ROW("\xfc\x11\3", 1, { TABLE, 3 }),
    ROW("\xfd\0\4\0", 0, { 0 }),
    ROW("\xfd\x0c"
        "0123456789abcdef",
        0, { 0 }),
    ROW("\xfd\x0d"
        "0123456789abcdef",
        0, { 0 }),
    ROW("\xfd\x15\1", 0, { 0 }),
    ROW("\xfd\x54\0\4\1", 0, { 0 }),
    ROW("\xfd\x93\2", 0, { 0 }),
    ROW("\xfe\x10\2\0", 0, { 0 }),
    ROW("\xfe\3\0", 0, { 0 }),
#undef ROW
};

static struct mocket_wasm_bytes bytes_of(mocket_span s)
{
    return (struct mocket_wasm_bytes){ (const unsigned char *)s.ptr, (const unsigned char *)s.ptr + s.len, false };
}

static void test_indices(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        struct seen seen = { 0 };
        struct unit_guard g = unit_guarded(rows[i].bytes);
        struct mocket_wasm_bytes r = bytes_of(g.span);
        mocket__wasm_instruction(&r, &(struct mocket_wasm_visitor){ note, &seen });
        unit_equal(r.bad, false, i);
        unit_equal(r.end - r.at, 0, i);
        unit_equal((long long)seen.count, (long long)rows[i].count, i);
        for (size_t k = 0; k < seen.count; k++) {
            unit_equal(seen.rows[k].space, rows[i].names[k].space, i);
            unit_equal(seen.rows[k].value, rows[i].names[k].value, i);
            assert_true((const char *)seen.rows[k].from >= g.span.ptr && seen.rows[k].to > seen.rows[k].from);
        }
        unit_unguard(&g);
    }
}

static void test_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(rows); i++)
        for (size_t len = 0; len < rows[i].bytes.len; len++) {
            struct unit_guard g = unit_guarded((mocket_span){ rows[i].bytes.ptr, len });
            struct mocket_wasm_bytes r = bytes_of(g.span);
            mocket__wasm_instruction(&r, &(struct mocket_wasm_visitor){ .visit = NULL });
            unit_equal(r.bad, true, i);
            unit_unguard(&g);
        }
}

static void test_unknown(void **state)
{
    static const mocket_span unknown[] = {
        UNIT_ROW("\x16\0\0\0"),
        UNIT_ROW("\x1e\0\0\0"),
        UNIT_ROW("\x27\0\0\0"),
        UNIT_ROW("\xc5\0\0\0"),
        UNIT_ROW("\xd7\0\0\0"),
        UNIT_ROW("\xff\0\0\0"),
        UNIT_ROW("\xfb\x1f\0"),
        UNIT_ROW("\xfc\x17\0"),
        UNIT_ROW("\xfd\x94\2\0"),
        UNIT_ROW("\xfe\x04\0\0"),
        UNIT_ROW("\xfe\x4f\0"),
        UNIT_ROW("\xd0\x80\x80\x80\x80\x10"),
        UNIT_ROW("\xfb\xff\xff\xff\xff\x0f\0"),
        UNIT_ROW("\xd0\xff\xff\xff\xff\xff\x7f"),
    };
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(unknown); i++) {
        struct mocket_wasm_bytes r = bytes_of(unknown[i]);
        mocket__wasm_instruction(&r, &(struct mocket_wasm_visitor){ .visit = NULL });
        unit_equal(r.bad, true, i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_indices),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
