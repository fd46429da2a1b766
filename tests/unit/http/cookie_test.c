#include "src/http/cookie.h"
#include "unit.h"

static const struct {
    mocket_span header;
    const char *want; /* name and value of each, separated by `|` */
} parsed[] = {
    { UNIT_ROW(""), "" },
    { UNIT_ROW("a=1"), "a|1|" },
    { UNIT_ROW("a=1; b=2;c=3"), "a|1|b|2|c|3|" },
    { UNIT_ROW("  a \t=\t 1  ;; ;b=2; "), "a|1|b|2|" },
    { UNIT_ROW("a=b=c"), "a|b=c|" },
    { UNIT_ROW("a=\"q\"; b=\"; c=\"\"; d=\"x"), "a|q|b|\"|c||d|\"x|" },
    { UNIT_ROW("a=%41+b"), "a|%41+b|" },
    { UNIT_ROW("a=1; a=2"), "a|1|a|2|" },
    { UNIT_ROW("a; b="), "a||b||" },
    { UNIT_ROW("=x; a=1"), "a|1|" },
    { UNIT_ROW("path=/; domain=x; Secure; expires=1"), "path|/|domain|x|Secure||expires|1|" },
    { UNIT_ROW("a=x y, z"), "a|x y, z|" },
    { UNIT_ROW("a=\xFF"), "a|\xFF|" },
    { UNIT_ROW(";"), "" },
    { UNIT_ROW("="), "" },
};

static void test_parse(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(parsed); i++) {
        struct mocket_arena a;
        struct mocket_fields f = { 0 };
        char text[256] = "";
        struct unit_guard g = unit_guarded(parsed[i].header);
        mocket__arena_init(&a, 0);
        unit_equal(mocket__cookie_parse(g.span, &a, &f), 0, i);
        unit_unguard(&g);
        for (size_t k = 0; k < f.count; k++) {
            assert_int_equal(f.rows[k].name.ptr[f.rows[k].name.len], 0);
            assert_int_equal(f.rows[k].value.ptr[f.rows[k].value.len], 0);
            snprintf(text + strlen(text), sizeof text - strlen(text), "%s|%s|", f.rows[k].name.ptr,
                     f.rows[k].value.ptr);
        }
        unit_same(mocket__span(text), mocket__span(parsed[i].want), i);
        mocket__arena_release(&a);
    }
}

static const struct {
    mocket_span name, value;
    struct mocket_cookie_opts opts;
    const char *want; /* NULL: refused */
} written[] = {
    { UNIT_ROW("a"), UNIT_ROW("1"), { 0 }, "a=1" },
    { UNIT_ROW("a"), UNIT_ROW(""), { 0 }, "a=" },
    { UNIT_ROW("a"), UNIT_ROW("\"q\""), { 0 }, "a=\"q\"" },
    { UNIT_ROW("a"), UNIT_ROW("b=c"), { 0 }, "a=b=c" },
    { UNIT_ROW("a"), UNIT_ROW("1"), { .has_max_age = true, .max_age_s = 60 }, "a=1; Max-Age=60" },
    { UNIT_ROW("a"), UNIT_ROW("1"), { .has_max_age = true, .max_age_s = -5 }, "a=1; Max-Age=0" },
    { UNIT_ROW("a"), UNIT_ROW("1"), { .max_age_s = 60 }, "a=1" },
    { UNIT_ROW("a"),
      UNIT_ROW("1"),
      { .has_max_age = true,
        .max_age_s = 1,
        .path = "/p q",
        .domain = "example.org",
        .secure = true,
        .http_only = true,
        .same_site = MOCKET_SAME_SITE_LAX,
        .partitioned = true },
      "a=1; Max-Age=1; Path=/p q; Domain=example.org; Secure; HttpOnly; SameSite=Lax; Partitioned" },
    { UNIT_ROW("a"), UNIT_ROW("1"), { .same_site = MOCKET_SAME_SITE_STRICT }, "a=1; SameSite=Strict" },
    { UNIT_ROW("a"), UNIT_ROW("1"), { .same_site = MOCKET_SAME_SITE_NONE }, "a=1; Secure; SameSite=None" },
    { UNIT_ROW("a"), UNIT_ROW("1"), { .path = "", .domain = "" }, "a=1" },
    { UNIT_ROW("__Host-a"), UNIT_ROW("1"), { .secure = true, .path = "/" }, "__Host-a=1; Path=/; Secure" },
    { UNIT_ROW("__Secure-a"), UNIT_ROW("1"), { .secure = true }, "__Secure-a=1; Secure" },
    { UNIT_ROW("__Secure-a"),
      UNIT_ROW("1"),
      { .same_site = MOCKET_SAME_SITE_NONE },
      "__Secure-a=1; Secure; SameSite=None" },
    { UNIT_ROW(""), UNIT_ROW("1"), { 0 }, NULL },
    { UNIT_ROW("a b"), UNIT_ROW("1"), { 0 }, NULL },
    { UNIT_ROW("a="), UNIT_ROW("1"), { 0 }, NULL },
    { UNIT_ROW("a"), UNIT_ROW("x;y"), { 0 }, NULL },
    { UNIT_ROW("a"), UNIT_ROW("x y"), { 0 }, NULL },
    { UNIT_ROW("a"), UNIT_ROW("x,y"), { 0 }, NULL },
    { UNIT_ROW("a"), UNIT_ROW("x\\y"), { 0 }, NULL },
    { UNIT_ROW("a"), UNIT_ROW("x\r\nSet-Cookie: b=1"), { 0 }, NULL },
    { UNIT_ROW("a"), UNIT_ROW("x\0"), { 0 }, NULL },
    { UNIT_ROW("a"), UNIT_ROW("\xC3\xBC"), { 0 }, NULL },
    { UNIT_ROW("a"), UNIT_ROW("\""), { 0 }, NULL },
    { UNIT_ROW("a"), UNIT_ROW("1"), { .path = "/;x" }, NULL },
    { UNIT_ROW("a"), UNIT_ROW("1"), { .path = "x" }, NULL },
    { UNIT_ROW("a"), UNIT_ROW("1"), { .path = "/\r" }, NULL },
    { UNIT_ROW("a"), UNIT_ROW("1"), { .domain = "a;b" }, NULL },
    { UNIT_ROW("a"), UNIT_ROW("1"), { .domain = "a b" }, NULL },
    { UNIT_ROW("a"), UNIT_ROW("1"), { .partitioned = true }, NULL },
    { UNIT_ROW("a"), UNIT_ROW("1"), { .same_site = (enum mocket_same_site)4 }, NULL },
    { UNIT_ROW("a"), UNIT_ROW("1"), { .same_site = (enum mocket_same_site) - 1 }, NULL },
    { UNIT_ROW("__Secure-a"), UNIT_ROW("1"), { 0 }, NULL },
    { UNIT_ROW("__secure-a"), UNIT_ROW("1"), { 0 }, NULL },
    { UNIT_ROW("__Host-a"), UNIT_ROW("1"), { .secure = true }, NULL },
    { UNIT_ROW("__Host-a"), UNIT_ROW("1"), { .path = "/" }, NULL },
    { UNIT_ROW("__Host-a"), UNIT_ROW("1"), { .secure = true, .path = "/x" }, NULL },
    { UNIT_ROW("__Host-a"), UNIT_ROW("1"), { .secure = true, .path = "/", .domain = "x" }, NULL },
};

static void test_write(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(written); i++) {
        struct mocket_buf b = { 0 };
        struct unit_guard name = unit_guarded(written[i].name), value = unit_guarded(written[i].value);
        int rc = mocket__cookie_write(&b, name.span, value.span, &written[i].opts);
        unit_equal(rc, written[i].want ? 0 : MOCKET_EINVAL, i);
        unit_same(mocket__buf_view(&b), mocket__span(written[i].want), i);
        unit_unguard(&name);
        unit_unguard(&value);
        mocket__buf_release(&b);
    }
    struct mocket_buf b = { 0 };
    assert_int_equal(mocket__cookie_write(&b, MOCKET_SPAN("a"), MOCKET_SPAN("1"), NULL), 0);
    unit_same(mocket__buf_view(&b), MOCKET_SPAN("a=1"), 0);
    mocket__buf_release(&b);
}

/* A caller that was built when the struct was shorter: what lies behind its struct is not ours to read. */
static void test_older_options(void **state)
{
    (void)state;
    struct mocket_cookie_opts whole = { .size = offsetof(struct mocket_cookie_opts, path), .http_only = true };
    struct unit_guard g = unit_guarded((mocket_span){ (const char *)&whole, whole.size });
    struct mocket_buf b = { 0 };
    assert_int_equal((uintptr_t)g.span.ptr % _Alignof(struct mocket_cookie_opts), 0);
    assert_int_equal(mocket__cookie_write(&b, MOCKET_SPAN("a"), MOCKET_SPAN("1"), (const void *)g.span.ptr), 0);
    unit_same(mocket__buf_view(&b), MOCKET_SPAN("a=1; HttpOnly"), 0);
    mocket__buf_release(&b);
    unit_unguard(&g);
}

static void test_same(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        bool same;
    } rows[] = {
        { "a=1", "a=2; Max-Age=0; Secure", true },
        { "a=1", "A=1", false },
        { "a=1; Path=/", "a=2; Path=/", true },
        { "a=1; Path=/", "a=2", false },
        { "a=1; Path=/a", "a=2; Path=/A", false },
        { "a=1; Domain=x.org", "a=2; Domain=X.ORG", true },
        { "a=1; Domain=x.org", "a=2; Domain=.x.org", true },
        { "a=1; Domain=x.org", "a=1; Domain=y.org", false },
        { "a=1; Path=/; Domain=x", "a=1; Domain=x; Path=/", true },
        { "a=Path=/", "a=1", true },
        { "ab=1", "a=1", false },
    };
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        struct unit_guard a = unit_guarded(mocket__span(rows[i].a)), b = unit_guarded(mocket__span(rows[i].b));
        unit_equal(mocket__cookie_same(a.span, b.span), rows[i].same, i);
        unit_equal(mocket__cookie_same(b.span, a.span), rows[i].same, i);
        unit_unguard(&a);
        unit_unguard(&b);
    }
}

static int use_memory(void *context)
{
    (void)context;
    struct mocket_arena a;
    struct mocket_fields f = { 0 };
    struct mocket_buf b = { 0 };
    unit_arena(&a);
    int parse = mocket__cookie_parse(MOCKET_SPAN("a=1; b=2"), &a, &f);
    int write = mocket__cookie_write(&b, MOCKET_SPAN("a"), MOCKET_SPAN("1"), NULL);
    mocket__buf_release(&b);
    mocket__arena_release(&a);
    return parse < 0 ? parse : write;
}

static void test_no_memory(void **state)
{
    (void)state;
    assert_int_equal(unit_each_allocation_fails(use_memory, NULL), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse), cmocka_unit_test(test_write),     cmocka_unit_test(test_older_options),
        cmocka_unit_test(test_same),  cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
