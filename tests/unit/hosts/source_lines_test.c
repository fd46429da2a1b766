/* The table of source lines as bytes: what it tells for an offset, and that no damaged table is read beyond its end. */
#include <stdlib.h>
#include <string.h>

#include "hosts/c/engine/wasmtime_lines.h"
#include "src/base/span.h"
#include "unit.h"

/* a.c:7 from 100, nothing from 120, b.c:9 from 200 to the end. */
static const unsigned char table[] = { 3,   0, 0, 0, 100, 0, 0, 0, 0,   0,   0,   0,    7,   0,   0,   0,
                                       120, 0, 0, 0, 0,   0, 0, 0, 0,   0,   0,   0,    200, 0,   0,   0,
                                       4,   0, 0, 0, 9,   0, 0, 0, 'a', '.', 'c', '\0', 'b', '.', 'c', '\0' };

static void expect_line(mocket_span bytes, uint32_t offset, const char *wanted)
{
    struct mocket_buf out = { 0 };
    assert_int_equal(lines_find(bytes, offset, &out), wanted != NULL);
    mocket__buf_add(&out, "", 1);
    assert_string_equal(out.ptr, wanted ? wanted : "");
    mocket__buf_release(&out);
}

static void test_finds(void **state)
{
    (void)state;
    mocket_span all = { (const char *)table, sizeof table };
    expect_line(all, 0, NULL);
    expect_line(all, 99, NULL);
    expect_line(all, 100, "a.c:7");
    expect_line(all, 119, "a.c:7");
    expect_line(all, 120, NULL);
    expect_line(all, 199, NULL);
    expect_line(all, 200, "b.c:9");
    expect_line(all, UINT32_MAX, "b.c:9");
    expect_line(mocket__span(""), 100, NULL);
}

/* Long paths: the end is kept, in whole characters; what is short stays as it is. */
static void test_cuts(void **state)
{
    (void)state;
    enum { LONG = 100000 };
    size_t head = sizeof table - 8, len = head + LONG + 1 + 4;
    char *all = malloc(len), wanted[LINES_PATH_MAX + 8];
    assert_non_null(all);
    memcpy(all, table, head);
    uint32_t second = LONG + 1;
    memcpy(all + 4 + 2 * 12 + 4, &second, sizeof second);
    memset(all + head, 'a', LONG);
    memcpy(all + head + LONG - (LINES_PATH_MAX - 3) - 1, "\xc3\xa4", 2); /* begins one byte before the cut */
    memcpy(all + head + LONG, "\0b.c", 5);
    lines_cut(all, len);
    mocket_span cut = { all, len };
    memcpy(wanted, "...", 3);
    memset(wanted + 3, 'a', LINES_PATH_MAX - 4);
    memcpy(wanted + LINES_PATH_MAX - 1, ":7", 3);
    expect_line(cut, 100, wanted);
    expect_line(cut, 200, "b.c:9");
    free(all);
}

/* A path that nobody cut is not copied whole. */
static void test_bounds(void **state)
{
    (void)state;
    enum { LONG = 100000 };
    size_t head = sizeof table - 8;
    char *all = malloc(head + LONG);
    assert_non_null(all);
    memcpy(all, table, head);
    memset(all + head, 'a', LONG);
    struct mocket_buf out = { 0 };
    assert_true(lines_find((mocket_span){ all, head + LONG }, 100, &out));
    assert_int_equal(out.len, LINES_PATH_MAX + 2);
    mocket__buf_release(&out);
    free(all);
}

/* Cut at every length, and with every byte changed: in memory of its own, so that a sanitizer sees a byte too many. */
static void test_damaged(void **state)
{
    (void)state;
    for (size_t len = 0; len <= sizeof table; len++)
        for (size_t at = 0; at < sizeof table; at++) {
            char *copy = malloc(len + 1);
            assert_non_null(copy);
            memcpy(copy + 1, table, len);
            if (at < len)
                copy[1 + at] = (char)0xff;
            for (uint32_t offset = 0; offset < 300; offset += 50) {
                struct mocket_buf out = { 0 };
                lines_cut(copy + 1, len);
                lines_find((mocket_span){ copy + 1, len }, offset, &out);
                assert_true(out.len <= sizeof table + 12);
                mocket__buf_release(&out);
            }
            free(copy);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_finds), cmocka_unit_test(test_cuts),
                                        cmocka_unit_test(test_bounds), cmocka_unit_test(test_damaged) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
