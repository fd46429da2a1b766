#include "unit.h"

static void test_equality(void **state)
{
    (void)state;
    assert_true(mocket__span_eq(MOCKET_SPAN("abc"), MOCKET_SPAN("abc")));
    assert_false(mocket__span_eq(MOCKET_SPAN("abc"), MOCKET_SPAN("abC")));
    assert_false(mocket__span_eq(MOCKET_SPAN("abc"), MOCKET_SPAN("ab")));
    assert_true(mocket__span_eq((mocket_span){ NULL, 0 }, MOCKET_SPAN("")));
    assert_true(mocket__span_ieq(MOCKET_SPAN("aBc-1"), MOCKET_SPAN("AbC-1")));
    assert_true(mocket__span_ieq((mocket_span){ NULL, 0 }, MOCKET_SPAN("")));
    /* Only letters have two cases: `@` and a backtick, `[` and `{` are 32 apart as well. */
    assert_false(mocket__span_ieq(MOCKET_SPAN("@"), MOCKET_SPAN("`")));
    assert_false(mocket__span_ieq(MOCKET_SPAN("["), MOCKET_SPAN("{")));
    assert_int_equal(mocket__span(NULL).len, 0);
    assert_int_equal(mocket__span("four").len, 4);
}

static void test_slices(void **state)
{
    (void)state;
    mocket_span s = MOCKET_SPAN("abcdef");
    unit_same(mocket__span_slice(s, 2, 4), MOCKET_SPAN("cd"), 0);
    unit_same(mocket__span_slice(s, 4, 99), MOCKET_SPAN("ef"), 1);
    unit_same(mocket__span_slice(s, 99, 99), MOCKET_SPAN(""), 2);
    unit_same(mocket__span_slice(s, 4, 2), MOCKET_SPAN(""), 3);
    assert_null(mocket__span_slice((mocket_span){ NULL, 0 }, 0, 1).ptr);
}

static void test_find(void **state)
{
    (void)state;
    static const struct {
        mocket_span text;
        char c;
        size_t from, want;
    } rows[] = {
        { UNIT_ROW("a=b=c"), '=', 0, 1 },  { UNIT_ROW("a=b=c"), '=', 2, 3 }, { UNIT_ROW("a=b=c"), '=', 4, 5 },
        { UNIT_ROW("a=b=c"), '=', 99, 5 }, { UNIT_ROW(""), '=', 0, 0 },      { UNIT_ROW("a\0b"), '\0', 0, 1 },
    };
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        struct unit_guard g = unit_guarded(rows[i].text);
        unit_equal((long long)mocket__span_find(g.span, rows[i].c, rows[i].from), (long long)rows[i].want, i);
        unit_unguard(&g);
    }
    assert_int_equal(mocket__span_find((mocket_span){ NULL, 0 }, 'a', 0), 0);
}

static void test_trim(void **state)
{
    (void)state;
    static const struct {
        mocket_span text, want;
    } rows[] = {
        { UNIT_ROW(" \t a b\t "), UNIT_ROW("a b") }, { UNIT_ROW("a"), UNIT_ROW("a") },
        { UNIT_ROW(" \t"), UNIT_ROW("") },           { UNIT_ROW(""), UNIT_ROW("") },
        { UNIT_ROW("\na\n"), UNIT_ROW("\na\n") },
    };
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        struct unit_guard g = unit_guarded(rows[i].text);
        unit_same(mocket__span_trim(g.span), rows[i].want, i);
        unit_unguard(&g);
    }
}

static void test_lists(void **state)
{
    (void)state;
    struct unit_guard g = unit_guarded(MOCKET_SPAN(", gzip ,,br;q=0.5,\t, x"));
    size_t at = 0;
    unit_same(mocket__span_list_next(g.span, &at), MOCKET_SPAN("gzip"), 0);
    unit_same(mocket__span_list_next(g.span, &at), MOCKET_SPAN("br;q=0.5"), 1);
    unit_same(mocket__span_list_next(g.span, &at), MOCKET_SPAN("x"), 2);
    assert_null(mocket__span_list_next(g.span, &at).ptr);
    assert_null(mocket__span_list_next(g.span, &at).ptr);
    unit_unguard(&g);
    at = 0;
    assert_null(mocket__span_list_next((mocket_span){ NULL, 0 }, &at).ptr);
}

static void test_utf8(void **state)
{
    (void)state;
    static const struct {
        mocket_span text;
        bool valid;
    } rows[] = {
        { UNIT_ROW(""), true },
        { UNIT_ROW("plain\0text"), true },
        { UNIT_ROW("\xC2\x80\xDF\xBF"), true },
        { UNIT_ROW("\xE0\xA0\x80\xEF\xBF\xBF"), true },
        { UNIT_ROW("\xED\x9F\xBF\xEE\x80\x80"), true },
        { UNIT_ROW("\xF0\x90\x80\x80\xF4\x8F\xBF\xBF"), true },
        { UNIT_ROW("\x80"), false },
        { UNIT_ROW("\xBF"), false },
        { UNIT_ROW("\xC0\x80"), false },     /* overlong */
        { UNIT_ROW("\xC1\xBF"), false },     /* overlong */
        { UNIT_ROW("\xE0\x9F\xBF"), false }, /* overlong */
        { UNIT_ROW("\xF0\x8F\xBF\xBF"), false },
        { UNIT_ROW("\xED\xA0\x80"), false }, /* a surrogate */
        { UNIT_ROW("\xF4\x90\x80\x80"), false },
        { UNIT_ROW("\xF5\x80\x80\x80"), false },
        { UNIT_ROW("\xFF"), false },
        { UNIT_ROW("a\xC2"), false },
        { UNIT_ROW("a\xE2\x82"), false },
        { UNIT_ROW("a\xF0\x9F\x98"), false },
        { UNIT_ROW("\xE2\x28\xA1"), false },
        { UNIT_ROW("\xE2\x82\x28"), false },
        { UNIT_ROW("\xF0\x9F\x98\x28"), false },
    };
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        struct unit_guard g = unit_guarded(rows[i].text);
        unit_equal(mocket__utf8_valid(g.span), rows[i].valid, i);
        unit_unguard(&g);
    }
    assert_true(mocket__utf8_valid((mocket_span){ NULL, 0 }));
}

static void test_decimal(void **state)
{
    (void)state;
    static const struct {
        mocket_span text;
        int64_t max, want;
    } rows[] = {
        { UNIT_ROW("0"), 10, 0 },
        { UNIT_ROW("10"), 10, 10 },
        { UNIT_ROW("11"), 10, -1 },
        { UNIT_ROW("9"), 5, -1 },
        { UNIT_ROW("5"), 5, 5 },
        { UNIT_ROW("1"), 0, -1 },
        { UNIT_ROW("0"), 0, 0 },
        { UNIT_ROW("007"), 10, 7 },
        { UNIT_ROW(""), 10, -1 },
        { UNIT_ROW("+1"), 10, -1 },
        { UNIT_ROW("-1"), 10, -1 },
        { UNIT_ROW(" 1"), 10, -1 },
        { UNIT_ROW("1 "), 10, -1 },
        { UNIT_ROW("1a"), 100, -1 },
        { UNIT_ROW("9223372036854775807"), INT64_MAX, INT64_MAX },
        { UNIT_ROW("9223372036854775808"), INT64_MAX, -1 },
        { UNIT_ROW("18446744073709551616"), INT64_MAX, -1 },
        { UNIT_ROW("99999999999999999999999999"), INT64_MAX, -1 },
    };
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        struct unit_guard g = unit_guarded(rows[i].text);
        unit_equal(mocket__span_decimal(g.span, rows[i].max), rows[i].want, i);
        unit_unguard(&g);
    }
    static const uint64_t numbers[] = { 0, 7, 10, 4294967295u, 18446744073709551615u };
    for (size_t i = 0; i < UNIT_COUNT(numbers); i++) {
        char text[20], want[24];
        size_t len = (size_t)(mocket__decimal(text, numbers[i]) - text);
        snprintf(want, sizeof want, "%llu", (unsigned long long)numbers[i]);
        unit_same((mocket_span){ text, len }, mocket__span(want), i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equality), cmocka_unit_test(test_slices), cmocka_unit_test(test_find),
        cmocka_unit_test(test_trim),     cmocka_unit_test(test_lists),  cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_decimal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
