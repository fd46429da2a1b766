/* The calls that middlewares are made of, where the contract cases do not reach. */
#include "unit.h"

#include <time.h>

static const mocket_span no_body = { NULL, 0 };

/* ---- Options of another size ---- */

struct opts {
    uint32_t size;
    int first, second;
};

static void test_opts_read(void **state)
{
    (void)state;
    struct opts given = { 0, 1, 2 }, got;
    memset(&got, 0xFF, sizeof got);
    mocket_opts_read(&got, sizeof got, NULL);
    assert_int_equal(got.size + (unsigned)got.first + (unsigned)got.second, 0);
    mocket_opts_read(&got, sizeof got, &given);
    assert_int_equal(got.first, 1);
    assert_int_equal(got.second, 2);
    given.size = offsetof(struct opts, second); /* an older caller: there is nothing behind it */
    struct unit_guard g = unit_guarded((mocket_span){ (char *)&given, given.size });
    mocket_opts_read(&got, sizeof got, g.span.ptr);
    unit_unguard(&g);
    assert_int_equal(got.first, 1);
    assert_int_equal(got.second, 0);
    given.size = 1000; /* a newer one: what we do not know is left where it is */
    mocket_opts_read(&got, sizeof got, &given);
    assert_int_equal(got.second, 2);
}

/* ---- JSON to and from text ---- */

static int reverse(mocket_event *e)
{
    const mocket_value *in;
    mocket_span body, out;
    int rc = mocket_body(e, &body);
    if (rc == 0)
        rc = mocket_value_parse(e, body, &in);
    if (rc < 0)
        return mocket_textf(e, "%d %d", rc, in == NULL);
    mocket_value *pair = mocket_array(e);
    mocket_value_add_value(pair, mocket_value_at(in, 1));
    mocket_value_add_value(pair, mocket_value_at(in, 0));
    rc = mocket_value_write(e, pair, &out);
    return rc < 0 ? rc : mocket_bytes(e, out, "application/json");
}

static void test_json_text(void **state)
{
    (void)state;
    mocket_app *app = mocket_new();
    mocket_post(app, "/", reverse);
    mocket_client *c = mocket_client_new(app);
    mocket_reply *r = mocket_client_send(c, "POST /", MOCKET_SPAN("[1, {\"a\": \"\\u00e9\"}]"));
    unit_same(unit_body(r), MOCKET_SPAN("[{\"a\":\"\xc3\xa9\"},1]"), 0);
    const mocket_value *got;
    assert_int_equal(mocket_reply_json(r, &got), 0);
    assert_int_equal(mocket_value_int(mocket_value_at(got, 1), 0), 1);
    r = mocket_client_send(c, "POST /", MOCKET_SPAN("[1,"));
    unit_same(unit_body(r), MOCKET_SPAN("-1 1"), 1);
    assert_int_equal(mocket_reply_json(r, &got), MOCKET_EINVAL);
    assert_null(got);
    assert_int_equal(mocket_reply_json(NULL, &got), MOCKET_EINVAL);
    mocket_client_free(c);
    mocket_free(app);
}

/* ---- Set-up ---- */

static void test_app_memory(void **state)
{
    (void)state;
    mocket_app *app = mocket_new(), *group = mocket_group(mocket_group(app, "/a"), "/b");
    char *text = mocket_app_text(group, "text");
    assert_string_equal(text, "text");
    assert_null(mocket_app_text(app, NULL));
    assert_string_equal(mocket_base(app), "");
    assert_string_equal(mocket_base(group), "/a/b");
    assert_null(mocket_problem(app));
    mocket_mistake(group, "the first");
    mocket_mistake(app, "the second");
    assert_string_equal(mocket_problem(app), "the first");
    mocket_free(app);
}

static void test_app_memory_late(void **state)
{
    (void)state;
    mocket_app *app = mocket_new();
    mocket_client *c = mocket_client_new(app);
    assert_null(mocket_app_mem(app, 10));
    assert_non_null(strstr(mocket_problem(app), "listening"));
    mocket_client_free(c);
    mocket_free(app);
}

/* ---- Accept-Encoding ---- */

static int accepts(mocket_event *e)
{
    return mocket_textf(e, "%d %d %d", mocket_accepts_encoding(e, "gzip"), mocket_accepts_encoding(e, "br"),
                        mocket_accepts_encoding(e, "identity"));
}

static void test_accepts_encoding(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        mocket_span answer; /* gzip, br, identity */
    } rows[] = {
        { NULL, UNIT_ROW("0 0 1000") },
        { "", UNIT_ROW("0 0 1") },
        { "gzip", UNIT_ROW("1000 0 1") },
        { "gzip, br;q=0.25", UNIT_ROW("1000 250 1") },
        { "*", UNIT_ROW("1000 1000 1000") },
        { "*;q=0", UNIT_ROW("0 0 0") },
        { "identity;q=0, *;q=0.001", UNIT_ROW("1 1 0") },
        { "gzip;q=1.0, identity; q=0.5, *;q=0", UNIT_ROW("1000 0 500") },
        { "gzip;q=1.001", UNIT_ROW("0 0 1") },
        { "gzip;q=0.1234", UNIT_ROW("0 0 1") },
        { "gzip;q=", UNIT_ROW("0 0 1") },
        { "gzip;q=-1, br;q=1.", UNIT_ROW("0 1000 1") },
        { "gzip;level=9", UNIT_ROW("0 0 1") },
        { "agzip, gzipp, X-GZIP;q=0.3", UNIT_ROW("300 0 1") },
        { ",,;,gzip,", UNIT_ROW("1000 0 1") },
    };
    mocket_app *app = mocket_new();
    mocket_get(app, "/", accepts);
    mocket_client *c = mocket_client_new(app);
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        if (rows[i].header)
            mocket_client_header(c, "Accept-Encoding", rows[i].header);
        unit_same(unit_body(mocket_client_send(c, "GET /", no_body)), rows[i].answer, i);
    }
    mocket_client_free(c);
    mocket_free(app);
}

/* ---- Vary ---- */

static int vary(mocket_event *e)
{
    const char *had = mocket_query(e, "had");
    if (had)
        mocket_header_set(e, "Vary", had);
    mocket_vary(e, "Origin");
    mocket_vary(e, "Cookie");
    mocket_vary(e, "origin");
    return mocket_text(e, mocket_response_header(e, "Vary"));
}

static void test_vary(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        mocket_span answer;
    } rows[] = {
        { "GET /", UNIT_ROW("Origin, Cookie") },
        { "GET /?had=cookie", UNIT_ROW("cookie, Origin") },
        { "GET /?had=*", UNIT_ROW("*") },
        { "GET /?had=Originals", UNIT_ROW("Originals, Origin, Cookie") },
    };
    mocket_app *app = mocket_new();
    mocket_get(app, "/", vary);
    mocket_client *c = mocket_client_new(app);
    for (size_t i = 0; i < UNIT_COUNT(rows); i++)
        unit_same(unit_body(mocket_client_send(c, rows[i].line, no_body)), rows[i].answer, i);
    mocket_client_free(c);
    mocket_free(app);
}

/* ---- Conditional requests ---- */

static int condition(mocket_event *e)
{
    return mocket_textf(e, "%d", mocket_precondition(e, "\"a\"", 784111777));
}

static void test_precondition(void **state)
{
    (void)state;
    static const struct {
        const char *method, *name, *value;
        mocket_span answer;
    } rows[] = {
        { "GET /", "If-None-Match", "\"a\"", UNIT_ROW("304") },
        { "GET /", "If-None-Match", "\"b\" , W/\"a\"", UNIT_ROW("304") },
        { "GET /", "If-None-Match", "W/ \"a\"", UNIT_ROW("0") },
        { "GET /", "If-None-Match", "\"b\"\"a", UNIT_ROW("0") },
        { "GET /", "If-None-Match", "\"b", UNIT_ROW("0") },
        { "GET /", "If-None-Match", "", UNIT_ROW("0") },
        { "PUT /", "If-None-Match", "*", UNIT_ROW("412") },
        { "PUT /", "If-None-Match", "\"b\"", UNIT_ROW("0") },
        { "PUT /", "If-Match", "\"a\"", UNIT_ROW("0") },
        { "PUT /", "If-Match", "*", UNIT_ROW("0") },
        { "PUT /", "If-Match", "W/\"a\"", UNIT_ROW("412") },
        { "PUT /", "If-Match", "\"b,a\"", UNIT_ROW("412") },
        { "PUT /", "If-Unmodified-Since", "Sun, 06 Nov 1994 08:49:36 GMT", UNIT_ROW("412") },
        { "PUT /", "If-Unmodified-Since", "Sun, 06 Nov 1994 08:49:37 GMT", UNIT_ROW("0") },
        { "PUT /", "If-Modified-Since", "Sun, 06 Nov 1994 08:49:37 GMT", UNIT_ROW("0") },
        { "DELETE /", "If-Match", "\"b\"", UNIT_ROW("412") },
        { "OPTIONS /", "If-Match", "\"b\"", UNIT_ROW("0") },
        { "OPTIONS /", "If-None-Match", "*", UNIT_ROW("0") },
        { "TRACE /", "If-Unmodified-Since", "Sun, 06 Nov 1994 08:49:36 GMT", UNIT_ROW("0") },
        { "HEAD /", "If-Modified-Since", "Sun, 06 Nov 1994 08:49:37 GMT", UNIT_ROW("") },
    };
    mocket_app *app = mocket_new();
    mocket_all(app, "/", condition);
    mocket_client *c = mocket_client_new(app);
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        mocket_client_header(c, rows[i].name, rows[i].value);
        unit_same(unit_body(mocket_client_send(c, rows[i].method, no_body)), rows[i].answer, i);
    }
    mocket_client_free(c);
    mocket_free(app);
}

static int part(mocket_event *e)
{
    const char *tag = mocket_query(e, "tag"), *age = mocket_query(e, "age");
    int64_t modified_s = age ? time(NULL) - atoi(age) : -1;
    if (age) /* as the client has it */
        mocket_header_set(e, "X-Date", mocket_date(e, modified_s));
    return mocket_text(e, mocket_if_range(e, tag, modified_s) ? "part" : "whole");
}

static const struct if_range_row {
    const char *line, *value; /* NULL: the date that the answer told */
    mocket_span answer;
} if_range_rows[] = {
    { "GET /?tag=%22a%22", "\"a\"", UNIT_ROW("part") },
    { "GET /?tag=%22a%22", " \"a\"\t", UNIT_ROW("part") },
    { "GET /?tag=%22a%22", "\"b\"", UNIT_ROW("whole") },
    { "GET /?tag=%22a%22", "W/\"a\"", UNIT_ROW("whole") },
    { "GET /?tag=W/%22a%22", "W/\"a\"", UNIT_ROW("whole") },
    { "GET /?tag=W/%22a%22", "\"a\"", UNIT_ROW("whole") },
    { "GET /?tag=%22a%22", "\"a\", \"a\"", UNIT_ROW("whole") },
    { "GET /?tag=%22a%22", "a", UNIT_ROW("whole") },
    { "GET /?tag=%22a%22", "", UNIT_ROW("whole") },
    { "GET /", "\"a\"", UNIT_ROW("whole") },
    { "GET /?age=9000", "Sun, 06 Nov 1994 08:49:37 GMT", UNIT_ROW("whole") },
    { "GET /?age=100000000", NULL, UNIT_ROW("part") },
    { "GET /?age=-9", NULL, UNIT_ROW("whole") }, /* its second is not over */
};

/* The second may end between the two requests. */
static bool answers(mocket_client *c, const struct if_range_row *row)
{
    mocket_span got = { NULL, 0 };
    for (int tries = 0; tries < 3 && got.len != row->answer.len; tries++) {
        char told[40] = "";
        const char *date = mocket_reply_header(mocket_client_send(c, row->line, no_body), "X-Date");
        snprintf(told, sizeof(told), "%s", date ? date : "");
        mocket_client_header(c, "If-Range", row->value ? row->value : told);
        got = unit_body(mocket_client_send(c, row->line, no_body));
    }
    return got.len == row->answer.len;
}

static void test_if_range(void **state)
{
    (void)state;
    mocket_app *app = mocket_new();
    mocket_get(app, "/", part);
    mocket_client *c = mocket_client_new(app);
    unit_same(unit_body(mocket_client_send(c, "GET /", no_body)), mocket__span("part"), 0);
    for (size_t i = 0; i < UNIT_COUNT(if_range_rows); i++)
        if (!answers(c, &if_range_rows[i]))
            fail_msg("row %zu: %s", i, if_range_rows[i].value);
    mocket_client_free(c);
    mocket_free(app);
}

/* ---- Sources ---- */

static void count_close(void *data)
{
    (*(int *)data)++;
}

static ptrdiff_t read_too_much(void *data, void *buf, size_t cap)
{
    (void)data, (void)buf;
    return (ptrdiff_t)cap + 1;
}

static int closing(mocket_event *e)
{
    int *closed = mocket_data(e);
    mocket_source *source = mocket_source_new(e, read_too_much, count_close, closed);
    char buf[4];
    assert_int_equal(mocket_read(source, buf, sizeof buf), MOCKET_EIO);
    mocket_source_close(source);
    mocket_source_close(source);
    mocket_source_close(NULL);
    assert_int_equal(*closed, 1);
    assert_null(mocket_source_new(e, NULL, count_close, closed));
    assert_int_equal(*closed, 2);
    assert_int_equal(mocket_stream_len(e, mocket_source_new(e, read_too_much, count_close, closed), -1), MOCKET_EINVAL);
    assert_int_equal(*closed, 3);
    assert_null(mocket_response_take_stream(e));
    mocket_stream(e, mocket_source_new(e, read_too_much, count_close, closed));
    assert_non_null(mocket_response_take_stream(e));
    assert_null(mocket_response_take_stream(e));
    return mocket_text(e, "done");
}

static void test_sources_close_once(void **state)
{
    (void)state;
    int closed = 0;
    mocket_app *app = mocket_new();
    mocket_on(app, "GET", "/", closing, &closed);
    mocket_client *c = mocket_client_new(app);
    assert_int_equal(mocket_reply_status(mocket_client_send(c, "GET /", no_body)), 200);
    assert_int_equal(closed, 4);
    mocket_client_free(c);
    mocket_free(app);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_opts_read),          cmocka_unit_test(test_json_text),
        cmocka_unit_test(test_app_memory),         cmocka_unit_test(test_app_memory_late),
        cmocka_unit_test(test_accepts_encoding),   cmocka_unit_test(test_vary),
        cmocka_unit_test(test_precondition),       cmocka_unit_test(test_if_range),
        cmocka_unit_test(test_sources_close_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
