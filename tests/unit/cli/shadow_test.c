/* Routes that can never match: each rule, and that the rules report nothing else. The router itself is the judge. */
#include "cli/shadow.c"

#include "core/router.h"

#include "unit.h"

static struct cli_route route(const char *method, const char *template)
{
    return (struct cli_route){ mocket__span(method), mocket__span(template), MOCKET_SPAN("") };
}

/* As mocket__cli_shadow, with enough steps. */
static struct cli_shadow shadow_of(const struct cli_route *rows, size_t count, size_t i)
{
    int64_t steps = CLI_SHADOW_STEPS;
    return mocket__cli_shadow(rows, count, i, &steps);
}

static enum cli_shadow_kind second(const char *first, const char *other)
{
    const struct cli_route rows[] = { route("GET", first), route("GET", other) };
    struct cli_shadow shadow = shadow_of(rows, 2, 1);
    assert_int_equal(shadow.by, 0);
    return shadow.kind;
}

static void test_dynamic(void **state)
{
    (void)state;
    static const char *const covered[][2] = {
        { "/a/:x", "/a/:y" },   { "/a/:x", "/a/*" },         { "/**", "/a/:x" },      { "/**", "/**" },
        { "/a/**", "/a/:x/b" }, { "/**/z", "/a/**/b/:x/z" }, { "**", "/a/*" },        { "/:x/:y", "/a/:y" },
        { "/*/b", "/a*/b" },    { "/**/b/**", "/a/b/:x" },   { "/**/:x", "/a/**/b" },
    };
    static const char *const free_[][2] = {
        { "/a/:x", "/b/:x" },     { "/a/:x", "/a/:x/b" },    { "/a/:x/b", "/a/:x" }, { "/:x/a", "/:x/b" },
        { "/a/:x", "/**" },       { "/a/b*", "/a/:x" },      { "/**/a", "/**/b" },   { "/a/**/b", "/a/**" },
        { "/:x/b/**", "/:x/**" }, { "/**/a/b", "/**/b/:x" }, { "/:x", "/**" },
    };
    for (size_t i = 0; i < sizeof covered / sizeof *covered; i++)
        assert_int_equal(second(covered[i][0], covered[i][1]), CLI_SHADOW_BEFORE);
    for (size_t i = 0; i < sizeof free_ / sizeof *free_; i++)
        assert_int_equal(second(free_[i][0], free_[i][1]), CLI_SHADOW_NONE);
}

static void test_others(void **state)
{
    (void)state;
    const struct cli_route rows[] = {
        route("GET", "/a"),   route("POST", "/a"), route("GET", "/a"),     route("*", "/a"),
        route("GET", "a/b"),  route("GET", ""),    route("GET", "/a?b"),   route("CONNECT", "/x"),
        route("GET", "b/:x"), route("GET", ":x"),  route("GET", "/ a/:x"), route("POST", "/:x"),
        route("*", "/:x"),    route("GET", "/:x"), route("HEAD", "/:x"),   route("GET", "/a#"),
    };
    static const enum cli_shadow_kind kinds[] = {
        CLI_SHADOW_BEHIND, CLI_SHADOW_NONE,    CLI_SHADOW_NONE,  CLI_SHADOW_NONE,  CLI_SHADOW_START, CLI_SHADOW_START,
        CLI_SHADOW_BYTES,  CLI_SHADOW_CONNECT, CLI_SHADOW_START, CLI_SHADOW_NONE,  CLI_SHADOW_BYTES, CLI_SHADOW_NONE,
        CLI_SHADOW_NONE,   CLI_SHADOW_NONE,    CLI_SHADOW_NONE,  CLI_SHADOW_BYTES,
    };
    size_t count = sizeof rows / sizeof *rows;
    for (size_t i = 0; i < count; i++)
        assert_int_equal(shadow_of(rows, count, i).kind, kinds[i]);
    assert_int_equal(shadow_of(rows, count, 0).by, 2);
}

/* Two templates of ten thousand segments would cost a hundred million steps. */
static void test_steps(void **state)
{
    (void)state;
    enum { LEN = 40000 };
    static char text[LEN + 1];
    for (size_t i = 0; i < LEN; i++)
        text[i] = "/**a"[i % 4];
    const struct cli_route rows[] = { route("GET", text), route("GET", text), route("GET", "/a") };
    int64_t steps = LEN / 4 * (LEN / 4);
    assert_int_equal(mocket__cli_shadow(rows, 2, 1, &steps).kind, CLI_SHADOW_WORK);
    assert_true(steps < 0);
    assert_int_equal(shadow_of(rows, 2, 1).kind, CLI_SHADOW_BEFORE);
    steps = 1;
    assert_int_equal(mocket__cli_shadow(rows, 3, 2, &steps).kind, CLI_SHADOW_NONE);
}

static int nothing(mocket_event *e)
{
    (void)e;
    return 0;
}

static unsigned long long next(unsigned long long *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return *seed >> 33;
}

/* A template or a path of up to four segments. */
static const char *random_path(unsigned long long *seed, bool template, char text[64])
{
    static const char *const pieces[] = { "a", "b", "", ":x", "*", "**" };
    text[0] = '\0';
    for (unsigned long long n = 1 + next(seed) % 4; n > 0; n--)
        snprintf(text + strlen(text), 64 - strlen(text), "/%s", pieces[next(seed) % (template ? 6 : 3)]);
    return text;
}

/* Whenever a route is reported, no path reaches it in the router. */
static void test_against_the_router(void **state)
{
    (void)state;
    unsigned long long seed = 7;
    size_t reported = 0;
    for (int round = 0; round < 400; round++) {
        struct cli_route rows[3];
        char texts[3][64], path[64];
        struct mocket_arena a;
        mocket__arena_init(&a, 0);
        struct mocket_router router = { .arena = &a };
        for (size_t i = 0; i < 3; i++) {
            rows[i] = route("GET", random_path(&seed, true, texts[i]));
            assert_int_equal(mocket__router_add(&router, rows[i].method, rows[i].template, nothing, &rows[i]), 0);
        }
        for (size_t i = 0; i < 3; i++) {
            if (shadow_of(rows, 3, i).kind == CLI_SHADOW_NONE)
                continue;
            reported++;
            for (int k = 0; k < 60; k++) {
                struct mocket_fields params = { 0 };
                const struct mocket_route *found = mocket__router_find(
                    &router, MOCKET_SPAN("GET"), mocket__span(random_path(&seed, false, path)), true, &a, &params);
                assert_true(!found || found->data != &rows[i]);
            }
        }
        mocket__arena_release(&a);
    }
    assert_true(reported > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dynamic),
        cmocka_unit_test(test_others),
        cmocka_unit_test(test_steps),
        cmocka_unit_test(test_against_the_router),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
