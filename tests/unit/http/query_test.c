#include "src/http/query.h"
#include "unit.h"

/* The pairs as one text, which shows order and emptiness: `a=1|b=`. */
static mocket_span shown(struct mocket_arena *a, const struct mocket_fields *f)
{
    char *text = mocket__arena_alloc(a, 4096);
    size_t len = 0;
    for (size_t i = 0; i < f->count; i++)
        len += (size_t)snprintf(text + len, 4096 - len, "%s%s=%s", i ? "|" : "", f->rows[i].name.ptr,
                                f->rows[i].value.ptr);
    return (mocket_span){ text, len };
}

static const struct {
    mocket_span text, want;
} rows[] = {
    { UNIT_ROW(""), UNIT_ROW("") },
    { UNIT_ROW("a=1"), UNIT_ROW("a=1") },
    { UNIT_ROW("a=1&b=2"), UNIT_ROW("a=1|b=2") },
    { UNIT_ROW("a=1&a=2"), UNIT_ROW("a=1|a=2") },
    { UNIT_ROW("a"), UNIT_ROW("a=") },
    { UNIT_ROW("a="), UNIT_ROW("a=") },
    { UNIT_ROW("a=b=c"), UNIT_ROW("a=b=c") },
    { UNIT_ROW("=x&a=1"), UNIT_ROW("a=1") },
    { UNIT_ROW("=&&&a&"), UNIT_ROW("a=") },
    { UNIT_ROW("a+b=c+d"), UNIT_ROW("a b=c d") },
    { UNIT_ROW("%61=%41%26%3D"), UNIT_ROW("a=A&=") },
    { UNIT_ROW("a%=%&b=%4"), UNIT_ROW("a%=%|b=%4") },
    { UNIT_ROW("a=%ff&b=1"), UNIT_ROW("a=|b=1") },
    { UNIT_ROW("%ff=1&b=1"), UNIT_ROW("b=1") },
    { UNIT_ROW("a;b=1"), UNIT_ROW("a;b=1") },
    { UNIT_ROW("\xC3\xBC=\xC3\xBC"), UNIT_ROW("\xC3\xBC=\xC3\xBC") },
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        struct mocket_arena a;
        struct mocket_fields f = { 0 };
        struct unit_guard g = unit_guarded(rows[i].text);
        mocket__arena_init(&a, 0);
        unit_equal(mocket__query_parse(g.span, &a, &f), 0, i);
        unit_unguard(&g); /* the pairs are copies */
        unit_same(shown(&a, &f), rows[i].want, i);
        mocket__arena_release(&a);
    }
}

static int parse(void *context)
{
    (void)context;
    struct mocket_arena a;
    struct mocket_fields f = { 0 };
    unit_arena(&a);
    int rc = mocket__query_parse(MOCKET_SPAN("a=1&b=2&=3"), &a, &f);
    assert_true(rc < 0 || f.count == 2);
    mocket__arena_release(&a);
    return rc;
}

static void test_no_memory(void **state)
{
    (void)state;
    assert_int_equal(unit_each_allocation_fails(parse, NULL), 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
