#include <math.h>

#include "src/http/json.h"
#include "unit.h"

/* ---- Text to values to text ------------------------------------------------------------------------------------ */

static const struct {
    mocket_span text;
    const char *want; /* written again; NULL: refused */
} rows[] = {
    { UNIT_ROW("null"), "null" },
    { UNIT_ROW(" \t\r\n true \n"), "true" },
    { UNIT_ROW("[1,-2,3.5,1e3,0]"), "[1,-2,3.5,1000.0,0]" },
    { UNIT_ROW("{\"b\":1,\"a\":[{},[],\"\"]}"), "{\"b\":1,\"a\":[{},[],\"\"]}" },
    { UNIT_ROW("{ \"a\" : [ 1 , 2 ] }"), "{\"a\":[1,2]}" },
    { UNIT_ROW("{\n  \"a\": [\n    1\n  ]\n}"), "{\"a\":[1]}" },
    { UNIT_ROW("\"\\u00fc\\n\\\"\\/\""), "\"\xC3\xBC\\n\\\"/\"" },
    { UNIT_ROW("\"\\ud83d\\ude00\""), "\"\xF0\x9F\x98\x80\"" },
    { UNIT_ROW("\"\\u0000\""), "\"\\u0000\"" },
    { UNIT_ROW("18446744073709551615"), "18446744073709551615" },
    { UNIT_ROW("-9223372036854775808"), "-9223372036854775808" },
    { UNIT_ROW(""), NULL },
    { UNIT_ROW(" "), NULL },
    { UNIT_ROW("nul"), NULL },
    { UNIT_ROW("nulls"), NULL },
    { UNIT_ROW("[1,]"), NULL },
    { UNIT_ROW("[1"), NULL },
    { UNIT_ROW("{\"a\":1,}"), NULL },
    { UNIT_ROW("{\"a\"}"), NULL },
    { UNIT_ROW("{a:1}"), NULL },
    { UNIT_ROW("{'a':1}"), NULL },
    { UNIT_ROW("1 2"), NULL },
    { UNIT_ROW("{}x"), NULL },
    { UNIT_ROW("{}\0"), NULL },
    { UNIT_ROW("// x\n1"), NULL },
    { UNIT_ROW("/* x */1"), NULL },
    { UNIT_ROW("01"), NULL },
    { UNIT_ROW("+1"), NULL },
    { UNIT_ROW(".5"), NULL },
    { UNIT_ROW("1."), NULL },
    { UNIT_ROW("1e"), NULL },
    { UNIT_ROW("-"), NULL },
    { UNIT_ROW("NaN"), NULL },
    { UNIT_ROW("Infinity"), NULL },
    { UNIT_ROW("1e999"), NULL },
    { UNIT_ROW("\""), NULL },
    { UNIT_ROW("\"a"), NULL },
    { UNIT_ROW("\"\\"), NULL },
    { UNIT_ROW("\"\\x\""), NULL },
    { UNIT_ROW("\"\\u12\""), NULL },
    { UNIT_ROW("\"\\ud800\""), NULL },
    { UNIT_ROW("\"\\udc00\\ud800\""), NULL },
    { UNIT_ROW("\"a\nb\""), NULL },
    { UNIT_ROW("\"\xFF\""), NULL },
    { UNIT_ROW("\"\xED\xA0\x80\""), NULL },
    { UNIT_ROW("\"\xC0\x80\""), NULL },
    { UNIT_ROW("\xEF\xBB\xBF{}"), NULL },
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        struct mocket_arena a;
        struct unit_guard g = unit_guarded(rows[i].text);
        const mocket_value *v;
        mocket_span text = { NULL, 0 };
        mocket__arena_init(&a, 0);
        unit_equal(mocket__json_parse(&a, g.span, &v), rows[i].want ? 0 : MOCKET_EINVAL, i);
        unit_equal(v != NULL, rows[i].want != NULL, i);
        unit_unguard(&g); /* values are copies */
        unit_equal(mocket__json_write(&a, v, &text), rows[i].want ? 0 : MOCKET_EINVAL, i);
        unit_same(text, mocket__span(rows[i].want), i);
        mocket__arena_release(&a);
    }
    struct mocket_arena a;
    const mocket_value *v;
    mocket__arena_init(&a, 0);
    assert_int_equal(mocket__json_parse(&a, (mocket_span){ NULL, 0 }, &v), MOCKET_EINVAL);
    mocket__arena_release(&a);
}

/* Every prefix of a text is refused, and nothing behind its end is looked at. */
static void test_every_end(void **state)
{
    (void)state;
    mocket_span text = MOCKET_SPAN("{\"a\":[1.5e-3,true,\"\\u00fc\\ud83d\\ude00\xC3\xBC\",null,{\"b\":false}]}");
    for (size_t len = 0; len <= text.len; len++) {
        struct mocket_arena a;
        struct unit_guard g = unit_guarded(mocket__span_slice(text, 0, len));
        const mocket_value *v;
        mocket__arena_init(&a, 0);
        unit_equal(mocket__json_parse(&a, g.span, &v), len == text.len ? 0 : MOCKET_EINVAL, len);
        unit_unguard(&g);
        mocket__arena_release(&a);
    }
}

/* ---- Depth ----------------------------------------------------------------------------------------------------- */

static mocket_span nested(struct mocket_arena *a, size_t depth, bool objects)
{
    char *text = mocket__arena_alloc(a, depth * 6 + 1);
    size_t len = 0;
    for (size_t i = 0; i < depth; i++)
        len += (size_t)sprintf(text + len, "%s", !objects ? "[" : i + 1 < depth ? "{\"a\":" : "{");
    for (size_t i = 0; i < depth; i++)
        text[len++] = objects ? '}' : ']';
    return (mocket_span){ text, len };
}

static void test_parsed_depth(void **state)
{
    (void)state;
    struct mocket_arena a;
    mocket__arena_init(&a, 0);
    const mocket_value *v;
    for (int objects = 0; objects < 2; objects++) {
        mocket_span text = nested(&a, MOCKET_JSON_DEPTH_MAX, objects), again;
        assert_int_equal(mocket__json_parse(&a, text, &v), 0);
        assert_int_equal(mocket__json_write(&a, v, &again), 0);
        unit_same(again, text, 0);
        text = nested(&a, MOCKET_JSON_DEPTH_MAX + 1, objects);
        assert_int_equal(mocket__json_parse(&a, text, &v), MOCKET_EINVAL);
        assert_int_equal(mocket__json_parse(&a, nested(&a, 200000, objects), &v), MOCKET_EINVAL);
    }
    /* Siblings do not add up. */
    char *wide = mocket__arena_alloc(&a, 2000);
    strcpy(wide, "[");
    for (int i = 0; i < 500; i++)
        strcat(wide, i ? ",[]" : "[]");
    strcat(wide, "]");
    assert_int_equal(mocket__json_parse(&a, mocket__span(wide), &v), 0);
    mocket__arena_release(&a);
}

static void test_built_depth(void **state)
{
    (void)state;
    struct mocket_arena a;
    mocket__arena_init(&a, 0);
    mocket_span text;
    mocket_value *inner = mocket__json_new(&a, true);
    for (int depth = 2; depth <= MOCKET_JSON_DEPTH_MAX; depth++) {
        mocket_value *outer = mocket__json_new(&a, depth % 2);
        if (depth % 2)
            mocket_value_add_value(outer, inner);
        else
            mocket_value_set_value(outer, "a", inner);
        inner = outer;
    }
    assert_int_equal(mocket__json_write(&a, inner, &text), 0);
    mocket_value *outer = mocket__json_new(&a, true);
    mocket_value_add_value(outer, inner);
    assert_int_equal(mocket__json_write(&a, outer, &text), MOCKET_EINVAL);
    const mocket_value *parsed;
    assert_int_equal(mocket__json_parse(&a, nested(&a, MOCKET_JSON_DEPTH_MAX, false), &parsed), 0);
    outer = mocket__json_new(&a, false);
    mocket_value_set_value(outer, "a", parsed);
    assert_int_equal(mocket__json_write(&a, outer, &text), MOCKET_EINVAL);
    outer = mocket__json_new(&a, false);
    mocket_value_set_value(outer, "a", mocket_value_at(parsed, 0));
    assert_int_equal(mocket__json_write(&a, outer, &text), 0);
    mocket__arena_release(&a);
}

/* ---- Reading --------------------------------------------------------------------------------------------------- */

static const mocket_value *parse(struct mocket_arena *a, const char *text)
{
    const mocket_value *v;
    assert_int_equal(mocket__json_parse(a, mocket__span(text), &v), 0);
    return v;
}

static void test_lookup(void **state)
{
    (void)state;
    struct mocket_arena a;
    mocket__arena_init(&a, 0);
    const mocket_value *v = parse(
        &a, "{\"n\":null,\"t\":\"x\",\"i\":-7,\"r\":2.5,\"b\":true,\"l\":[1,[2],{\"k\":3}],\"t\":\"last\",\"\":0}");
    assert_int_equal(mocket_value_count(v), 8);
    assert_string_equal(mocket_value_text(mocket_value_get(v, "t"), "-"), "last");
    assert_int_equal(mocket_value_int(mocket_value_get(v, "i"), 1), -7);
    assert_true(mocket_value_number(mocket_value_get(v, "i"), 1) == -7.0);
    assert_true(mocket_value_number(mocket_value_get(v, "r"), 1) == 2.5);
    assert_int_equal(mocket_value_int(mocket_value_get(v, "r"), 1), 1);
    assert_true(mocket_value_bool(mocket_value_get(v, "b"), false));
    assert_int_equal(mocket_value_int(mocket_value_get(v, ""), 1), 0);
    const mocket_value *list = mocket_value_get(v, "l");
    assert_int_equal(mocket_value_count(list), 3);
    assert_int_equal(mocket_value_int(mocket_value_get(mocket_value_at(list, 2), "k"), 0), 3);
    assert_int_equal(mocket_value_int(mocket_value_at(mocket_value_at(list, 1), 0), 0), 2);
    /* what is not there, or is something else */
    assert_null(mocket_value_get(v, "absent"));
    assert_null(mocket_value_get(v, "tt"));
    assert_null(mocket_value_get(v, NULL));
    assert_null(mocket_value_get(list, "t"));
    assert_null(mocket_value_at(list, 3));
    assert_null(mocket_value_at(list, SIZE_MAX));
    assert_null(mocket_value_at(v, 0));
    assert_null(mocket_value_get(mocket_value_at(mocket_value_get(NULL, "a"), 0), "b"));
    assert_string_equal(mocket_value_text(mocket_value_get(v, "n"), "-"), "-");
    assert_null(mocket_value_text(mocket_value_get(v, "i"), NULL));
    assert_int_equal(mocket_value_int(mocket_value_get(v, "t"), 9), 9);
    assert_true(mocket_value_number(NULL, 4.5) == 4.5);
    assert_true(mocket_value_bool(mocket_value_get(v, "i"), true));
    assert_int_equal(mocket_value_count(mocket_value_get(v, "t")), 0);
    assert_int_equal(mocket_value_count(NULL), 0);
    mocket__arena_release(&a);
}

static void test_whole_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t want; /* 42: not one that fits */
    } numbers[] = {
        { "0", 0 },
        { "-0", 0 },
        { "1.0", 1 },
        { "1e3", 1000 },
        { "-2.50e1", -25 },
        { "0.5", 42 },
        { "9007199254740993", 9007199254740993 },
        { "9007199254740992.0", 9007199254740992 },
        { "9007199254740994.0", 42 },
        { "9223372036854775807", INT64_MAX },
        { "-9223372036854775808", INT64_MIN },
        { "9223372036854775808", 42 },
        { "-9223372036854775809", 42 },
        { "1e300", 42 },
        { "\"1\"", 42 },
    };
    struct mocket_arena a;
    mocket__arena_init(&a, 0);
    for (size_t i = 0; i < UNIT_COUNT(numbers); i++)
        unit_equal(mocket_value_int(parse(&a, numbers[i].text), 42), numbers[i].want, i);
    mocket__arena_release(&a);
}

/* In any order, over arrays of both kinds, more of them than there are cursors. */
static void test_array_walks(void **state)
{
    (void)state;
    struct mocket_arena a;
    mocket__arena_init(&a, 0);
    const mocket_value *grid = parse(&a,
                                     "[[0,1,[2]],[10,[11],12],[[20],21,22],[30,31,32],[40,41,[42]],[50,51,52],"
                                     "[60,[61],62],[70,71,72],[80,[],82],[90,91,92],[100,101,{}]]");
    mocket_value *built = mocket__json_new(&a, true);
    for (size_t i = 0; i < mocket_value_count(grid); i++)
        mocket_value_add_value(built, mocket_value_at(grid, i));
    const mocket_value *both[] = { grid, built };
    for (size_t step = 1; step < 33; step++) {
        for (size_t k = 0, at = 0; k < 33; k++, at = (at + step) % 33) {
            int64_t seen[2];
            for (int kind = 0; kind < 2; kind++) {
                const mocket_value *cell = mocket_value_at(mocket_value_at(both[kind], at / 3), at % 3);
                assert_non_null(cell);
                seen[kind] = mocket_value_int(cell, mocket_value_int(mocket_value_at(cell, 0), -1));
            }
            assert_int_equal(seen[0], seen[1]);
            assert_true(seen[0] == -1 || seen[0] == (int64_t)(at / 3 * 10 + at % 3));
        }
    }
    mocket__arena_release(&a);
}

/* ---- Building -------------------------------------------------------------------------------------------------- */

static void test_build(void **state)
{
    (void)state;
    struct mocket_arena a;
    mocket__arena_init(&a, 0);
    mocket_span text;
    mocket_value *o = mocket__json_new(&a, false), *l = mocket__json_new(&a, true);
    mocket_value_add_text(l, "x\"\n\xC3\xBC");
    mocket_value_add_int(l, INT64_MIN);
    mocket_value_add_number(l, 0.1);
    mocket_value_add_number(l, 3);
    mocket_value_add_number(l, -9007199254740992.0);
    mocket_value_add_number(l, 1e300);
    mocket_value_add_bool(l, true);
    mocket_value_add_text(l, NULL);
    mocket_value_add_value(l, NULL);
    mocket_value_set_text(o, "t", "one");
    mocket_value_set_int(o, "i", 1);
    mocket_value_set_value(o, "l", l);
    mocket_value_set_bool(o, "b", false);
    mocket_value_set_number(o, "n", 1.5);
    mocket_value_set_text(o, "t", "two"); /* in its old place */
    mocket_value_add_int(l, 99);          /* o has a copy */
    mocket_value_set_value(o, "i", mocket_value_get(parse(&a, "{\"x\":{\"y\":[1,[]]}}"), "x"));
    assert_int_equal(mocket__json_write(&a, o, &text), 0);
    unit_same(text,
              MOCKET_SPAN("{\"t\":\"two\",\"i\":{\"y\":[1,[]]},\"l\":[\"x\\\"\\n\xC3\xBC\",-9223372036854775808,0.1,3,"
                          "-9007199254740992,1e300,true,null,null],\"b\":false,\"n\":1.5}"),
              0);
    assert_int_equal(text.ptr[text.len], 0);
    assert_int_equal(mocket_value_int(mocket_value_at(mocket_value_get(o, "l"), 1), 0), INT64_MIN);
    assert_int_equal(mocket_value_count(o), 5);
    /* into itself: a copy of what it was */
    mocket_value *self = mocket__json_new(&a, true);
    mocket_value_add_int(self, 1);
    mocket_value_add_value(self, self);
    assert_int_equal(mocket__json_write(&a, self, &text), 0);
    unit_same(text, MOCKET_SPAN("[1,[1]]"), 1);
    mocket__arena_release(&a);
}

/* A looked-at array that is replaced by another one: nobody may remember the old elements. */
static void test_replaced_array(void **state)
{
    (void)state;
    struct mocket_arena a;
    mocket__arena_init(&a, 0);
    mocket_value *o = mocket__json_new(&a, false);
    mocket_value_set_value(o, "l", parse(&a, "[1,2,3]"));
    assert_int_equal(mocket_value_int(mocket_value_at(mocket_value_get(o, "l"), 2), 0), 3);
    mocket_value_set_value(o, "l", parse(&a, "[4,5,6]"));
    assert_int_equal(mocket_value_int(mocket_value_at(mocket_value_get(o, "l"), 2), 0), 6);
    mocket_value_set_value(o, "l", parse(&a, "[7]"));
    assert_null(mocket_value_at(mocket_value_get(o, "l"), 2));
    assert_int_equal(mocket_value_int(mocket_value_at(mocket_value_get(o, "l"), 0), 0), 7);
    mocket__arena_release(&a);
}

static void expect_refused(struct mocket_arena *a, const mocket_value *v)
{
    mocket_span text;
    assert_int_equal(mocket__json_write(a, v, &text), MOCKET_EINVAL);
    assert_null(text.ptr);
}

static void test_mistakes_are_kept(void **state)
{
    (void)state;
    struct mocket_arena a;
    mocket__arena_init(&a, 0);
    mocket_value *v = mocket__json_new(&a, false);
    mocket_value_add_int(v, 1); /* not an array */
    mocket_value_set_int(v, "fine", 1);
    expect_refused(&a, v);
    mocket_value *outer = mocket__json_new(&a, true);
    mocket_value_add_value(outer, v); /* a mistake inside is one outside */
    expect_refused(&a, outer);
    v = mocket__json_new(&a, true);
    mocket_value_set_int(v, "a", 1);
    expect_refused(&a, v);
    v = mocket__json_new(&a, false);
    mocket_value_set_int(v, NULL, 1);
    expect_refused(&a, v);
    v = mocket__json_new(&a, true);
    mocket_value_add_number(v, (double)NAN);
    expect_refused(&a, v);
    v = mocket__json_new(&a, false);
    mocket_value_set_number(v, "inf", (double)INFINITY);
    expect_refused(&a, v);
    v = mocket__json_new(&a, true);
    mocket_value_add_text(v, "bad \xFF");
    expect_refused(&a, v);
    v = mocket__json_new(&a, false);
    mocket_value_set_int(v, "bad \xED\xA0\x80", 1);
    expect_refused(&a, v);
    v = (mocket_value *)(uintptr_t)parse(&a, "{}"); /* read only */
    mocket_value_set_int(v, "a", 1);
    expect_refused(&a, v);
    expect_refused(&a, NULL);
    mocket_value_set_int(NULL, "a", 1);
    mocket_value_add_value(NULL, v);
    mocket__arena_release(&a);
}

/* ---- No memory ------------------------------------------------------------------------------------------------- */

static int parse_and_write(void *context)
{
    (void)context;
    struct mocket_arena a;
    const mocket_value *v;
    mocket_span text;
    unit_arena(&a);
    int rc = mocket__json_parse(&a, MOCKET_SPAN("{\"a\":[1,2,\"three\"],\"b\":{}}"), &v);
    if (rc == 0)
        rc = mocket__json_write(&a, v, &text);
    mocket__arena_release(&a);
    return rc;
}

static int build_and_write(void *context)
{
    (void)context;
    struct mocket_arena a;
    mocket_span text;
    unit_arena(&a);
    mocket_value *o = mocket__json_new(&a, false), *l = mocket__json_new(&a, true);
    char key[] = "key 00";
    for (int i = 0; i < 40; i++) {
        key[4] = (char)('0' + i / 10);
        key[5] = (char)('0' + i % 10);
        mocket_value_set_text(o, key, "some text that fills the pool of strings");
        mocket_value_add_int(l, i);
    }
    mocket_value_set_value(o, "list", l);
    int rc = mocket__json_write(&a, o, &text);
    if (rc == 0)
        assert_true(text.len > 40 * 50);
    mocket__arena_release(&a);
    return rc;
}

static void test_no_memory(void **state)
{
    (void)state;
    assert_true(unit_each_allocation_fails(parse_and_write, NULL) >= 5);
    assert_true(unit_each_allocation_fails(build_and_write, NULL) >= 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),           cmocka_unit_test(test_every_end),
        cmocka_unit_test(test_parsed_depth),   cmocka_unit_test(test_built_depth),
        cmocka_unit_test(test_lookup),         cmocka_unit_test(test_whole_numbers),
        cmocka_unit_test(test_array_walks),    cmocka_unit_test(test_build),
        cmocka_unit_test(test_replaced_array), cmocka_unit_test(test_mistakes_are_kept),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
