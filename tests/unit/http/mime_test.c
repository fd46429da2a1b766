#include "src/http/mime.h"
#include "unit.h"

static void test_types(void **state)
{
    (void)state;
    static const struct {
        mocket_span value;
        bool is_json, json_suffix;
    } rows[] = {
        { UNIT_ROW("application/json"), true, false },
        { UNIT_ROW(" Application/JSON ;charset=utf-8"), true, false },
        { UNIT_ROW("application/json;"), true, false },
        { UNIT_ROW("application/jsonx"), false, false },
        { UNIT_ROW("text/plain; application/json"), false, false },
        { UNIT_ROW("application/problem+JSON; a=b"), false, true },
        { UNIT_ROW("+json"), false, false },
        { UNIT_ROW(""), false, false },
    };
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        struct unit_guard g = unit_guarded(rows[i].value);
        unit_equal(mocket__mime_is(g.span, MOCKET_SPAN("application/json")), rows[i].is_json, i);
        unit_equal(mocket__mime_has_suffix(g.span, MOCKET_SPAN("+json")), rows[i].json_suffix, i);
        unit_unguard(&g);
    }
    assert_false(mocket__mime_is((mocket_span){ NULL, 0 }, MOCKET_SPAN("a/b")));
}

static const struct {
    mocket_span value;
    mocket_span want; /* of the parameter `b`; ptr NULL: none */
} params[] = {
    { UNIT_ROW("a/a; b=c"), UNIT_ROW("c") },
    { UNIT_ROW("a/a;b=c"), UNIT_ROW("c") },
    { UNIT_ROW("a/a ;\t B=c ; d=e"), UNIT_ROW("c") },
    { UNIT_ROW("a/a; b=\"c d\""), UNIT_ROW("c d") },
    { UNIT_ROW("a/a; b=\"c;b=d\"; x=y"), UNIT_ROW("c;b=d") },
    { UNIT_ROW("a/a; x=\"; b=no\"; b=yes"), UNIT_ROW("yes") },
    { UNIT_ROW("a/a; b=\"\\\"c\\\\\\d\""), UNIT_ROW("\"c\\\\d") },
    { UNIT_ROW("a/a; b=\"\""), UNIT_ROW("") },
    { UNIT_ROW("a/a; b=c/d=e?f:g,h"), UNIT_ROW("c/d=e?f:g,h") },
    { UNIT_ROW("a/a; b=1; b=2"), UNIT_ROW("1") },
    { UNIT_ROW("a/a;; ;b=c"), UNIT_ROW("c") },
    { UNIT_ROW(";b=c"), UNIT_ROW("c") },
    { UNIT_ROW("a/a; bb=c"), { NULL, 0 } },
    { UNIT_ROW("a/a"), { NULL, 0 } },
    { UNIT_ROW(""), { NULL, 0 } },
    { UNIT_ROW("a/a; b"), { NULL, 0 } },
    { UNIT_ROW("a/a; b="), { NULL, 0 } },
    { UNIT_ROW("a/a; b =c"), { NULL, 0 } },
    { UNIT_ROW("a/a; b= c"), { NULL, 0 } },
    { UNIT_ROW("a/a; b=\"c"), { NULL, 0 } },
    { UNIT_ROW("a/a; b=\"c\\\""), { NULL, 0 } },
    { UNIT_ROW("a/a; x=\"y\"z; b=c"), { NULL, 0 } },
    { UNIT_ROW("a/a; x=y z; b=c"), { NULL, 0 } },
    { UNIT_ROW("a/a; x; b=c"), { NULL, 0 } },
    { UNIT_ROW("a/a; =x; b=c"), { NULL, 0 } },
};

static void test_params(void **state)
{
    (void)state;
    struct mocket_arena a;
    mocket__arena_init(&a, 0);
    for (size_t i = 0; i < UNIT_COUNT(params); i++) {
        struct unit_guard g = unit_guarded(params[i].value);
        mocket_span got = mocket__mime_param(&a, g.span, MOCKET_SPAN("b"));
        unit_unguard(&g);
        unit_equal(got.ptr != NULL, params[i].want.ptr != NULL, i);
        unit_same(got, params[i].want, i);
        assert_true(!got.ptr || got.ptr[got.len] == 0);
    }
    mocket__arena_release(&a);
}

static void test_walk(void **state)
{
    (void)state;
    mocket_span value = MOCKET_SPAN("form-data; name=\"a\"; filename=b ;"), name, raw;
    size_t at = 0;
    assert_int_equal(mocket__mime_param_next(value, &at, &name, &raw), 1);
    unit_same(name, MOCKET_SPAN("name"), 0);
    unit_same(raw, MOCKET_SPAN("\"a\""), 1);
    assert_int_equal(mocket__mime_param_next(value, &at, &name, &raw), 1);
    unit_same(name, MOCKET_SPAN("filename"), 2);
    unit_same(raw, MOCKET_SPAN("b"), 3);
    assert_int_equal(mocket__mime_param_next(value, &at, &name, &raw), 0);
    assert_int_equal(mocket__mime_param_next(value, &at, &name, &raw), 0);
    at = 0;
    assert_int_equal(mocket__mime_param_next(MOCKET_SPAN("a; b"), &at, &name, &raw), MOCKET_EINVAL);
}

static int use_memory(void *context)
{
    (void)context;
    struct mocket_arena a;
    unit_arena(&a);
    mocket_span plain = mocket__mime_param(&a, MOCKET_SPAN("a/a; b=c"), MOCKET_SPAN("b"));
    mocket_span quoted = mocket__mime_param(&a, MOCKET_SPAN("a/a; b=\"c\""), MOCKET_SPAN("b"));
    mocket__arena_release(&a);
    return plain.ptr && quoted.ptr ? 0 : MOCKET_ENOMEM;
}

static void test_no_memory(void **state)
{
    (void)state;
    assert_int_equal(unit_each_allocation_fails(use_memory, NULL), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_params),
        cmocka_unit_test(test_walk),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
