/* What is selected for static routes when registration ends is what a request of theirs would select. */
#include "unit.h"

#include "../../../src/core/coverage.h"
#include "../../../src/base/span.h"
#include "../../../src/http/url.h"

static int ok(mocket_event *e)
{
    return mocket_text(e, "ok");
}

/* A route in a group, beside it, with a path that only its canonical form puts into the group, and without one. */
static mocket_app *make_app(void)
{
    static const char *const paths[] = { "/", "/api/v1/users", "/api", "/apis", "/x/../api/v1", "/%zz", "//api//v1" };
    mocket_app *app = mocket_new();
    mocket_use(app, "/api", ok, NULL);
    mocket_use(app, "/:one/v1", ok, NULL);
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        mocket_get(app, paths[i], ok);
    mocket_get(app, "/api/:name", ok);
    return app;
}

static void expect_same(const struct mocket_root *root, const struct mocket_route *route, struct mocket_arena *a)
{
    struct mocket_place place = { .template = route->template };
    struct mocket_selection found;
    if (mocket__path_canonical(a, route->template, &place.canonical) < 0) {
        assert_null(route->selection); /* its requests are 400 */
        return;
    }
    assert_int_equal(mocket__coverage_select(root, &place, a, &found), 0);
    assert_non_null(route->selection);
    assert_int_equal(route->selection->count, found.count);
    for (size_t i = 0; i < found.count; i++)
        assert_ptr_equal(route->selection->rows[i], found.rows[i]);
}

static void test_static_routes(void **state)
{
    (void)state;
    mocket_app *app = make_app();
    const struct mocket_router *r = &app->root->router;
    struct mocket_arena arena;
    size_t covered = 0, count = 0;
    mocket__arena_init(&arena, 0);
    assert_int_equal(mocket__app_freeze(app), 0);
    for (size_t i = 0; i < r->bucket_count; i++)
        for (const struct mocket_route *route = r->buckets[i]; route; route = route->next_static, count++) {
            expect_same(app->root, route, &arena);
            covered += route->selection && route->selection->count > 0;
        }
    assert_int_equal(count, 7);
    assert_int_equal(covered, 4); /* /api/v1/users, /api, /x/../api/v1, //api//v1 */
    mocket__app_thaw(app);
    mocket__arena_release(&arena);
    mocket_free(app);
}

/* What is registered between two freezes covers the routes of the first. */
static void test_frozen_again(void **state)
{
    (void)state;
    mocket_app *app = make_app();
    assert_int_equal(mocket__app_freeze(app), 0);
    mocket__app_thaw(app);
    mocket_use(app, NULL, ok, NULL);
    assert_int_equal(mocket__app_freeze(app), 0);
    const struct mocket_router *r = &app->root->router;
    for (size_t i = 0; i < r->bucket_count; i++)
        for (const struct mocket_route *route = r->buckets[i]; route; route = route->next_static)
            assert_true(!route->selection || route->selection->count > 0);
    mocket__app_thaw(app);
    mocket_free(app);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_static_routes),
        cmocka_unit_test(test_frozen_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
