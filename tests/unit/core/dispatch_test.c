/* What the contract cases cannot see: registration mistakes, deferred drops, and every allocation of a whole exchange
 * failing once. */
#include "unit.h"

#include <mocket.h>

static const mocket_span no_body = { NULL, 0 };

/* ---- mistakes ---- */

static int ok(mocket_event *e)
{
    return mocket_text(e, "ok");
}

static void expect_problem(mocket_app *app, const char *words)
{
    assert_non_null(mocket_problem(app));
    if (!strstr(mocket_problem(app), words))
        fail_msg("\"%s\" does not tell of \"%s\"", mocket_problem(app), words);
    assert_null(mocket_client_new(app));
    assert_int_not_equal(mocket_listen(app, "127.0.0.1:0"), 0);
    mocket_free(app);
}

static void test_mistakes(void **state)
{
    (void)state;
    mocket_app *app = mocket_new();
    mocket_get(app, "no-slash", ok);
    mocket_get(app, "/fine", ok);
    mocket_on(app, "NOT A TOKEN", "/", ok, NULL); /* the first mistake is kept */
    expect_problem(app, "no-slash");
    app = mocket_new();
    mocket_on(app, "GET ", "/", ok, NULL);
    expect_problem(app, "not a method");
    app = mocket_new();
    mocket_get(app, "/", NULL);
    expect_problem(app, "NULL");
    app = mocket_new();
    mocket_use(mocket_group(app, "/g"), NULL, NULL, NULL);
    expect_problem(app, "mocket_use");
    app = mocket_new();
    mocket_set(app, MOCKET_MAX_BODY, -2);
    expect_problem(app, "MOCKET_MAX_BODY");
    app = mocket_new();
    mocket_set(app, (enum mocket_setting)999, 1);
    expect_problem(app, "setting");
}

static void test_frozen(void **state)
{
    (void)state;
    mocket_app *app = mocket_new();
    mocket_get(app, "/", ok);
    mocket_client *c = mocket_client_new(app);
    assert_non_null(c);
    mocket_get(app, "/late", ok);
    assert_int_equal(mocket_reply_status(mocket_client_send(c, "GET /late", no_body)), 404);
    mocket_client_free(c);
    assert_non_null(strstr(mocket_problem(app), "listening already"));
    mocket_free(app);
}

static void drop_count(void *ptr)
{
    (*(int *)ptr)++;
}

static void test_own(void **state)
{
    (void)state;
    int drops = 0;
    mocket_app *app = mocket_new();
    mocket_own(app, &drops, drop_count);
    mocket_own(mocket_group(app, "/g"), &drops, drop_count);
    mocket_own(app, malloc(10), NULL);
    mocket_free(app);
    assert_int_equal(drops, 2);
}

/* ---- defer ---- */

struct trail {
    char text[16];
};

static void leave_a(void *ptr)
{
    strcat(((struct trail *)ptr)->text, "a");
}

static void leave_b(void *ptr)
{
    strcat(((struct trail *)ptr)->text, "b");
}

static int deferring(mocket_event *e)
{
    mocket_defer(e, leave_a, mocket_data(e));
    mocket_defer(e, leave_b, mocket_data(e));
    return 500;
}

static void test_defer(void **state)
{
    (void)state;
    struct trail trail = { "" };
    mocket_app *app = mocket_new();
    mocket_on(app, "GET", "/", deferring, &trail);
    mocket_client *c = mocket_client_new(app);
    assert_int_equal(mocket_reply_status(mocket_client_send(c, "GET /", no_body)), 500);
    assert_string_equal(trail.text, "ba"); /* last given first, also after an error */
    mocket_client_free(c);
    mocket_free(app);
}

/* ---- mocket_data, results ---- */

static int data_behind_next(mocket_event *e)
{
    const char *before = mocket_data(e);
    int rc = mocket_next(e);
    return mocket_data(e) == before ? rc : 599;
}

static int next_of_both(mocket_event *e)
{
    int rc = mocket_next(e);
    return mocket_next(e) == MOCKET_ESTATE ? rc : 599;
}

static void test_data_is_the_running_handlers(void **state)
{
    (void)state;
    mocket_app *app = mocket_new();
    mocket_use(app, NULL, data_behind_next, "outer");
    mocket_use(app, NULL, next_of_both, "between");
    mocket_use(app, NULL, data_behind_next, "inner");
    mocket_on(app, "GET", "/", ok, "handler");
    mocket_client *c = mocket_client_new(app);
    assert_int_equal(mocket_reply_status(mocket_client_send(c, "GET /", no_body)), 200);
    mocket_client_free(c);
    mocket_free(app);
}

static int result(mocket_event *e)
{
    return *(int *)mocket_data(e);
}

static int note_error(mocket_event *e, int error)
{
    *(int *)mocket_data(e) = error;
    return mocket_text(e, "noted");
}

/* E-02: what no handler may give is 500 for the error handler too. */
static void test_odd_results(void **state)
{
    (void)state;
    static const int rows[][2] = { { 1, 500 },      { 200, 500 }, { 302, 500 }, { 399, 500 },
                                   { 400, 400 },    { 599, 599 }, { 600, 500 }, { MOCKET_EIO, MOCKET_EIO },
                                   { 1 << 30, 500 } };
    int given = 0, noted = 0;
    mocket_app *app = mocket_new();
    mocket_on(app, "GET", "/", result, &given);
    mocket_on_error(app, note_error, &noted);
    mocket_client *c = mocket_client_new(app);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        given = rows[i][0];
        mocket_client_send(c, "GET /", no_body);
        assert_int_equal(noted, rows[i][1]);
    }
    mocket_client_free(c);
    mocket_free(app);
}

/* ---- every allocation fails once ---- */

static long allocations_left;

static void *failing_realloc(void *ptr, size_t len)
{
    return allocations_left-- == 0 ? NULL : realloc(ptr, len);
}

static int busy(mocket_event *e)
{
    const mocket_value *in;
    int rc = mocket_body_json(e, &in);
    if (rc)
        return rc;
    mocket_value *out = mocket_object(e);
    mocket_value_set_text(out, "name", mocket_value_text(mocket_value_get(in, "name"), "?"));
    mocket_value_set_text(out, "id", mocket_param_decoded(e, "id"));
    mocket_value_set_text(out, "q", mocket_query(e, "q"));
    mocket_value_set_text(out, "cookie", mocket_cookie(e, "c"));
    mocket_header_set(e, "X-Agent", mocket_header(e, "user-agent"));
    mocket_cookie_set(e, "seen", "1", NULL);
    return mocket_json(e, out);
}

static int outer(mocket_event *e)
{
    int rc = mocket_next(e);
    mocket_header_set(e, "X-Outer", mocket_format(e, "%d", rc));
    return rc;
}

/* Status of one exchange, 0 when there was no reply at all. */
static int exchange(void)
{
    int status = 0;
    mocket_app *app = mocket_new();
    mocket_use(app, NULL, outer, NULL);
    mocket_use(app, "/things", outer, NULL);
    mocket_on(app, "POST", "/things/:id", busy, NULL);
    mocket_on(app, "POST", "/**/x/**/y", busy, NULL);
    mocket_client *c = mocket_client_new(app);
    if (c) {
        mocket_client_header(c, "User-Agent", "test");
        mocket_client_header(c, "Cookie", "c=1; d=2");
        mocket_client_header(c, "Content-Type", "application/json");
        const char text[] = "{\"name\":\"n\",\"list\":[1,2.5,null,true]}";
        mocket_reply *r = mocket_client_send(c, "POST /things/%41b?q=1", (mocket_span){ text, sizeof text - 1 });
        status = r ? mocket_reply_status(r) : 0;
        if (status == 200) { /* whatever failed: never a wrong answer */
            mocket_span body = unit_body(r);
            assert_int_equal(body.len, strlen("{\"name\":\"n\",\"id\":\"Ab\",\"q\":\"1\",\"cookie\":\"1\"}"));
            assert_memory_equal(body.ptr, "{\"name\":\"n\",\"id\":\"Ab\",\"q\":\"1\",\"cookie\":\"1\"}", body.len);
        }
        mocket_client_free(c);
    }
    mocket_free(app);
    return status;
}

/* Whatever allocation fails: an exchange is served, answered with 500, or not answered. */
static void expect_survival(int (*run)(void), long least)
{
    mocket__memory_hook(failing_realloc);
    allocations_left = 1000000;
    assert_int_equal(run(), 200);
    long needed = 1000000 - allocations_left;
    assert_true(needed > least);
    for (long n = 0; n < needed; n++) {
        allocations_left = n;
        int status = run();
        if (status != 0 && status != 500 && status != 200)
            fail_msg("allocation %ld of %ld: status %d", n, needed, status);
    }
    mocket__memory_hook(NULL);
}

static void test_each_allocation_fails(void **state)
{
    (void)state;
    expect_survival(exchange, 5);
}

/* A path of so many segments that splitting it takes more than the arena has: without memory it is no 404. */
static int long_path(void)
{
    static char target[4096] = "GET ";
    int status = 0;
    mocket_app *app = mocket_new();
    mocket_on(app, "GET", "/**/end", ok, NULL);
    mocket_client *c = mocket_client_new(app);
    for (size_t at = 4; at < sizeof target - 5; at += 2)
        memcpy(target + at, "/s", 2);
    strcpy(target + sizeof target - 6, "/end");
    if (c) {
        mocket_reply *r = mocket_client_send(c, target, no_body);
        status = r ? mocket_reply_status(r) : 0;
        mocket_client_free(c);
    }
    mocket_free(app);
    return status;
}

static void test_no_route_for_want_of_memory(void **state)
{
    (void)state;
    expect_survival(long_path, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_frozen),
        cmocka_unit_test(test_own),
        cmocka_unit_test(test_defer),
        cmocka_unit_test(test_data_is_the_running_handlers),
        cmocka_unit_test(test_odd_results),
        cmocka_unit_test(test_each_allocation_fails),
        cmocka_unit_test(test_no_route_for_want_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
