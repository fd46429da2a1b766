/* The test client: what it sends, what it refuses, what it keeps, and how clients share an app. */
#include "unit.h"

#include <mocket.h>

static const mocket_span no_body = { NULL, 0 };

static mocket_span span(const char *text)
{
    return (mocket_span){ text, strlen(text) };
}

/* ---- The app ---- */

static int echo(mocket_event *e)
{
    const mocket_fields *f = mocket_fields_of(e, MOCKET_HEADERS);
    mocket_span body;
    int rc = mocket_body(e, &body);
    if (rc)
        return rc;
    const char *out =
        mocket_format(e, "%s %s?%s @%s", mocket_method(e), mocket_path(e), mocket_query_string(e), mocket_authority(e));
    for (size_t i = 0; i < mocket_fields_count(f); i++) {
        mocket_span name, value;
        mocket_fields_at(f, i, &name, &value);
        out = mocket_format(e, "%s\n%s=%s", out, name.ptr, value.ptr);
    }
    return mocket_textf(e, "%s\n%zu %s", out, body.len, body.ptr);
}

static int repeated(mocket_event *e)
{
    mocket_header_add(e, "X-A", "1");
    mocket_header_add(e, "x-a", "2");
    mocket_header_set(e, "Connection", "close");
    return mocket_bytes(e, (mocket_span){ "a\0b", 3 }, NULL);
}

static int written(mocket_event *e)
{
    int rc = mocket_write(e, span("one,"));
    return rc < 0 ? rc : mocket_write(e, span("two"));
}

static int cut(mocket_event *e)
{
    int rc = mocket_write(e, span("begun"));
    return rc < 0 ? rc : 500;
}

static int worker(mocket_event *e)
{
    return mocket_textf(e, "%d", *(int *)mocket_worker(e));
}

static int with_status(mocket_event *e)
{
    mocket_status(e, mocket_path(e)[1] == '2' ? 204 : 304);
    return mocket_text(e, "never seen");
}

static int starts, stops;

static void *start(void *data)
{
    starts++;
    return data;
}

static void stop(void *ptr)
{
    *(int *)ptr += 1;
    stops++;
}

static int number;

static mocket_app *new_app(void)
{
    mocket_app *app = mocket_new();
    starts = stops = 0;
    number = 7;
    mocket_on_worker(app, start, stop, &number);
    mocket_all(app, "/echo", echo);
    mocket_get(app, "/repeated", repeated);
    mocket_get(app, "/written", written);
    mocket_get(app, "/cut", cut);
    mocket_get(app, "/worker", worker);
    mocket_get(app, "/204", with_status);
    mocket_get(app, "/304", with_status);
    mocket_get(app, "/", echo);
    return app;
}

static void expect_body(mocket_reply *r, int status, const char *text)
{
    assert_non_null(r);
    assert_int_equal(mocket_reply_status(r), status);
    assert_string_equal(unit_body(r).ptr, text);
    assert_int_equal(unit_body(r).len, strlen(text));
}

/* ---- Sending ---- */

static void test_send(void **state)
{
    (void)state;
    mocket_app *app = new_app();
    mocket_client *c = mocket_client_new(app);
    expect_body(mocket_client_send(c, "GET /echo?a=b", no_body), 200, "GET /echo?a=b @localhost\nhost=localhost\n0 ");
    expect_body(mocket_client_send(c, "POST /echo", span("body")), 200,
                "POST /echo? @localhost\nhost=localhost\ncontent-length=4\n4 body");
    expect_body(mocket_client_send(c, "POST /echo", span("")), 200,
                "POST /echo? @localhost\nhost=localhost\ncontent-length=0\n0 ");
    expect_body(mocket_client_send(c, "GET http://other:1/echo", no_body), 200,
                "GET /echo? @other:1\nhost=other:1\n0 ");
    expect_body(mocket_client_send(c, "GET http://other?x=1", no_body), 200, "GET /?x=1 @other\nhost=other\n0 ");
    mocket_client_free(c);
    mocket_free(app);
}

static void test_headers(void **state)
{
    (void)state;
    mocket_app *app = new_app();
    mocket_client *c = mocket_client_new(app);
    mocket_client_header(c, "X-A", " 1 ");
    mocket_client_header(c, "HOST", "h");
    mocket_client_header(c, "x-a", "2");
    mocket_client_header(c, "Content-Length", "99");
    mocket_client_header(c, "Transfer-Encoding", "chunked");
    expect_body(mocket_client_send(c, "GET /echo", no_body), 200, "GET /echo? @h\nhost=h\nx-a=1\nx-a=2\n0 ");
    expect_body(mocket_client_send(c, "GET /echo", no_body), 200, "GET /echo? @localhost\nhost=localhost\n0 ");
    mocket_client_free(c);
    mocket_free(app);
}

static void test_refused(void **state)
{
    (void)state;
    static const char *const lines[] = { "",           "GET",    "GET ",         " /",       "GET  /", "GET / ",
                                         "GET / x",    "GE(T /", "GET\t/",       "GET a",    "GET *",  "GET /\x01",
                                         "GET /\r\nX", "GET ?a", "GET ftp://a/", "GET /\x7f" };
    static const char *const headers[][2] = { { "X A", "1" },  { "", "1" },   { "X-A", "a\nb" }, { "X-A", "a\rb" },
                                              { "X-A:", "b" }, { NULL, "b" }, { "X-A", NULL } };
    mocket_app *app = new_app();
    mocket_client *c = mocket_client_new(app);
    assert_null(mocket_client_send(c, NULL, no_body));
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        assert_null(mocket_client_send(c, lines[i], no_body));
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        mocket_client_header(c, headers[i][0], headers[i][1]);
        assert_null(mocket_client_send(c, "GET /echo", no_body));
        assert_non_null(mocket_client_send(c, "GET /echo", no_body)); /* the refused header is forgotten */
    }
    mocket_client_free(c);
    mocket_free(app);
}

/* ---- The reply ---- */

static void test_reply(void **state)
{
    (void)state;
    mocket_app *app = new_app();
    mocket_client *c = mocket_client_new(app);
    mocket_reply *r = mocket_client_send(c, "GET /repeated", no_body);
    assert_string_equal(mocket_reply_header(r, "X-a"), "1, 2");
    assert_null(mocket_reply_header(r, "Connection"));
    assert_null(mocket_reply_header(r, "X-B"));
    assert_int_equal(mocket_fields_count(mocket_reply_headers(r)), 3);
    assert_int_equal(unit_body(r).len, 3);
    assert_memory_equal(unit_body(r).ptr, "a\0b", 4);
    expect_body(mocket_client_send(c, "GET /nothing", no_body), 404, "Not Found");
    expect_body(mocket_client_send(c, "GET /written", no_body), 200, "one,two");
    mocket_client_free(c);
    mocket_free(app);
}

static void test_no_body(void **state)
{
    (void)state;
    mocket_app *app = new_app();
    mocket_client *c = mocket_client_new(app);
    expect_body(mocket_client_send(c, "HEAD /echo", no_body), 200, "");
    expect_body(mocket_client_send(c, "HEAD /written", no_body), 200, "");
    expect_body(mocket_client_send(c, "GET /204", no_body), 204, "");
    expect_body(mocket_client_send(c, "GET /304", no_body), 304, "");
    assert_null(mocket_client_send(c, "GET /cut", no_body)); /* a client on a wire could tell too */
    expect_body(mocket_client_send(c, "GET /written", no_body), 200, "one,two");
    mocket_client_free(c);
    mocket_free(app);
}

static void test_no_reply(void **state)
{
    (void)state;
    assert_int_equal(mocket_reply_status(NULL), 0);
    assert_null(mocket_reply_header(NULL, "X"));
    assert_int_equal(mocket_fields_count(mocket_reply_headers(NULL)), 0);
    assert_null(unit_body(NULL).ptr);
    assert_null(mocket_client_new(NULL));
    assert_null(mocket_client_send(NULL, "GET /", no_body));
    mocket_client_header(NULL, "a", "b");
    mocket_client_free(NULL);
}

/* ---- Sharing ---- */

static void test_share(void **state)
{
    (void)state;
    mocket_app *app = new_app();
    mocket_client *a = mocket_client_new(app);
    mocket_client *b = mocket_client_new(app);
    assert_int_equal(starts, 2);
    assert_int_not_equal(mocket_listen(app, "127.0.0.1:0"), 0);
    mocket_stop(app); /* there is nothing to end */
    expect_body(mocket_client_send(a, "GET /worker", no_body), 200, "7");
    mocket_client_free(a);
    assert_int_equal(stops, 1);
    expect_body(mocket_client_send(b, "GET /worker", no_body), 200, "8");
    assert_int_not_equal(mocket_listen(app, "127.0.0.1:0"), 0); /* still frozen: one client is left */
    mocket_client_free(b);
    mocket_get(app, "/late", echo);
    assert_null(mocket_problem(app)); /* thawed */
    a = mocket_client_new(app);
    assert_int_equal(mocket_reply_status(mocket_client_send(a, "GET /late", no_body)), 200);
    mocket_client_free(a);
    mocket_free(app);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_send),  cmocka_unit_test(test_headers), cmocka_unit_test(test_refused),
        cmocka_unit_test(test_reply), cmocka_unit_test(test_no_body), cmocka_unit_test(test_no_reply),
        cmocka_unit_test(test_share),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
