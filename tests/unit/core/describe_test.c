/* What an app registered, as text. */
#include "core/describe.h"

#include "unit.h"

static int handler(mocket_event *e)
{
    (void)e;
    return 0;
}

static void test_text(void **state)
{
    (void)state;
    char expected[400];
    struct mocket_buf text = { 0 };
    mocket_app *app = mocket_new(), *group = mocket_group(app, "/api");
    unsigned long long fn = (unsigned long long)(uintptr_t)handler;
    mocket_get(app, "/a", handler);
    mocket_all(group, "/:x", handler);
    mocket_use(group, NULL, handler, NULL);
    mocket_get(app, "/a", handler); /* replaces the first one, which is listed all the same */
    mocket_use(app, NULL, handler, NULL);
    mocket_on(app, "PURGE", "/\t\n\x7f%", handler, NULL);
    mocket__app_describe(app, &text);
    snprintf(
        expected, sizeof expected,
        "route\tGET\t/a\t%llu\nroute\t*\t/api/:x\t%llu\nroute\tGET\t/a\t%llu\nroute\tPURGE\t/%%09%%0A%%7F%%\t%llu\n"
        "use\t/api\t%llu\nuse\t\t%llu\n",
        fn, fn, fn, fn, fn, fn);
    assert_int_equal(text.len, strlen(expected));
    assert_memory_equal(text.ptr, expected, text.len);
    mocket__buf_release(&text);
    mocket_free(app);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_text) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
