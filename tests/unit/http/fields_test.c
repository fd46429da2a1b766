#include "src/http/fields.h"
#include "unit.h"

static void fill(struct mocket_fields *f, struct mocket_arena *a, const char *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i += 2)
        assert_int_equal(mocket__fields_add(f, a, mocket__span(texts[i]), mocket__span(texts[i + 1])), 0);
}

static const char *const headers[] = { "Accept", "a", "X-One", "1",      "accept", "",       "Cookie",
                                       "c=1",    "X", "x",     "COOKIE", "d=2",    "ACCEPT", "b" };

static void test_order_and_lookup(void **state)
{
    (void)state;
    struct mocket_arena a;
    struct mocket_fields f = { 0 };
    mocket__arena_init(&a, 0);
    fill(&f, &a, headers, UNIT_COUNT(headers));
    size_t at = 0;
    unit_same(mocket__fields_next(&f, MOCKET_SPAN("accept"), &at)->value, MOCKET_SPAN("a"), 0);
    assert_int_equal(at, 1);
    unit_same(mocket__fields_next(&f, MOCKET_SPAN("accept"), &at)->value, MOCKET_SPAN(""), 1);
    unit_same(mocket__fields_next(&f, MOCKET_SPAN("Accept"), &at)->value, MOCKET_SPAN("b"), 2);
    assert_null(mocket__fields_next(&f, MOCKET_SPAN("accept"), &at));
    assert_null(mocket__fields_next(&f, MOCKET_SPAN("accept"), &at));
    at = 0;
    assert_null(mocket__fields_next(&f, MOCKET_SPAN(""), &at));
    unit_same(mocket__fields_join(&f, &a, MOCKET_SPAN("accept")), MOCKET_SPAN("a, , b"), 3);
    unit_same(mocket__fields_join(&f, &a, MOCKET_SPAN("cookie")), MOCKET_SPAN("c=1; d=2"), 4);
    unit_same(mocket__fields_join(&f, &a, MOCKET_SPAN("x-one")), MOCKET_SPAN("1"), 5);
    assert_string_equal(mocket__fields_join(&f, &a, MOCKET_SPAN("accept")).ptr, "a, , b");
    assert_null(mocket__fields_join(&f, &a, MOCKET_SPAN("absent")).ptr);
    mocket__fields_remove(&f, MOCKET_SPAN("aCCept"));
    assert_int_equal(f.count, 4);
    unit_same(f.rows[0].name, MOCKET_SPAN("X-One"), 6);
    unit_same(f.rows[3].name, MOCKET_SPAN("COOKIE"), 7);
    mocket__arena_release(&a);
}

static void test_values_without_memory(void **state)
{
    (void)state;
    struct mocket_arena a;
    struct mocket_fields f = { 0 };
    mocket__arena_init(&a, 0);
    mocket__fields_add(&f, &a, MOCKET_SPAN("x"), (mocket_span){ NULL, 0 });
    assert_string_equal(mocket__fields_join(&f, &a, MOCKET_SPAN("x")).ptr, "");
    mocket__fields_add(&f, &a, MOCKET_SPAN("x"), (mocket_span){ NULL, 0 });
    assert_string_equal(mocket__fields_join(&f, &a, MOCKET_SPAN("x")).ptr, ", ");
    mocket__arena_release(&a);
}

static void test_lines_of_a_head(void **state)
{
    (void)state;
    const struct line {
        mocket_span text, name, value;
    } good[] = {
        { MOCKET_SPAN("a: b"), MOCKET_SPAN("a"), MOCKET_SPAN("b") },
        { MOCKET_SPAN("A:"), MOCKET_SPAN("A"), MOCKET_SPAN("") },
        { MOCKET_SPAN("a: \t b:c \t"), MOCKET_SPAN("a"), MOCKET_SPAN("b:c") },
    };
    const mocket_span bad[] = { MOCKET_SPAN(""),       MOCKET_SPAN("a"),      MOCKET_SPAN(": b"),
                                MOCKET_SPAN("a : b"),  MOCKET_SPAN(" a:b"),   MOCKET_SPAN("a: b\rc"),
                                MOCKET_SPAN("a: \0b"), MOCKET_SPAN("a: b\nc") };
    struct mocket_field field;
    for (size_t i = 0; i < UNIT_COUNT(good); i++) {
        assert_true(mocket__field_of_line(good[i].text, &field));
        unit_same(field.name, good[i].name, i);
        unit_same(field.value, good[i].value, i);
    }
    for (size_t i = 0; i < UNIT_COUNT(bad); i++)
        assert_false(mocket__field_of_line(bad[i], &field));
}

static int add_many(void *context)
{
    (void)context;
    struct mocket_arena a;
    struct mocket_fields f = { 0 };
    unit_arena(&a);
    int rc = 0;
    for (int i = 0; rc == 0 && i < 200; i++)
        rc = mocket__fields_add(&f, &a, MOCKET_SPAN("name"), MOCKET_SPAN("value"));
    if (rc == 0) {
        assert_int_equal(f.count, 200);
        unit_same(f.rows[199].value, MOCKET_SPAN("value"), 0);
        mocket_span joined = mocket__fields_join(&f, &a, MOCKET_SPAN("name"));
        rc = joined.ptr ? 0 : MOCKET_ENOMEM;
        assert_true(rc < 0 || joined.len == 200 * 7 - 2);
    }
    mocket__arena_release(&a);
    return rc;
}

static void test_no_memory(void **state)
{
    (void)state;
    assert_true(unit_each_allocation_fails(add_many, NULL) > 4);
}

static void test_bytes(void **state)
{
    (void)state;
    for (int c = 0; c < 256; c++) {
        char text[1] = { (char)c };
        struct unit_guard g = unit_guarded((mocket_span){ text, 1 });
        bool alpha = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        unit_equal(mocket__is_token(g.span), alpha || (c && strchr("!#$%&'*+-.^_`|~", c)), (size_t)c);
        unit_equal(mocket__is_field_value(g.span), c != 0 && c != '\r' && c != '\n', (size_t)c);
        unit_equal(mocket__is_sent_value(g.span), (c >= 0x20 && c != 0x7F) || c == '\t', (size_t)c);
        unit_unguard(&g);
    }
    assert_false(mocket__is_token(MOCKET_SPAN("")));
    assert_false(mocket__is_token(MOCKET_SPAN("a b")));
    assert_true(mocket__is_field_value((mocket_span){ NULL, 0 }));
    assert_false(mocket__is_field_value(MOCKET_SPAN("a\r\nb: c")));
}

static void test_hop_by_hop(void **state)
{
    (void)state;
    static const char *const yes[] = { "connection", "Keep-Alive",        "TE",    "trailer",
                                       "UPGRADE",    "Transfer-Encoding", "expect" };
    static const char *const no[] = { "", "host", "content-length", "t", "tee", "cookie", "upgrade-insecure-requests" };
    for (size_t i = 0; i < UNIT_COUNT(yes); i++)
        unit_equal(mocket__is_hop_by_hop(mocket__span(yes[i])), true, i);
    for (size_t i = 0; i < UNIT_COUNT(no); i++)
        unit_equal(mocket__is_hop_by_hop(mocket__span(no[i])), false, i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_and_lookup),
        cmocka_unit_test(test_values_without_memory),
        cmocka_unit_test(test_lines_of_a_head),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_hop_by_hop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
