#include <time.h>

#include "src/wire/h1_write.h"
#include "unit.h"

#define DATE "Sun, 06 Nov 1994 08:49:37 GMT"

/* ---- heads ---- */

struct row {
    struct mocket_h1_answer in;
    const char *fields; /* "name=value|" ... */
    const char *want;
    bool keep_alive, send_body, chunked;
};

#define PLAIN(code, len) .status = (code), .body_len = (len), .method = MOCKET_METHOD_GET, .keep_alive = true

static const struct row rows[] = {
    { { PLAIN(200, 13) }, "A=b|", "200 OK\r\nA: b\r\nDate: " DATE "\r\nContent-Length: 13\r\n", 1, 1, 0 },
    { { PLAIN(200, 0) }, "", "200 OK\r\nDate: " DATE "\r\nContent-Length: 0\r\n", 1, 1, 0 },
    { { PLAIN(404, 9) }, "", "404 Not Found\r\nDate: " DATE "\r\nContent-Length: 9\r\n", 1, 1, 0 },
    { { PLAIN(299, 1) }, "", "299 \r\nDate: " DATE "\r\nContent-Length: 1\r\n", 1, 1, 0 },
    { { PLAIN(200, -1) }, "", "200 OK\r\nDate: " DATE "\r\nTransfer-Encoding: chunked\r\n", 1, 1, 1 },
    { { PLAIN(200, -1), .http10 = true }, "", "200 OK\r\nDate: " DATE "\r\nConnection: close\r\n", 0, 1, 0 },
    { { PLAIN(200, 3), .http10 = true },
      "",
      "200 OK\r\nDate: " DATE "\r\nContent-Length: 3\r\nConnection: keep-alive\r\n",
      1,
      1,
      0 },
    { { .status = 200, .body_len = 3 },
      "",
      "200 OK\r\nDate: " DATE "\r\nContent-Length: 3\r\nConnection: close\r\n",
      0,
      1,
      0 },
    { { PLAIN(426, 0) },
      "Upgrade=x|",
      "426 Upgrade Required\r\nDate: " DATE "\r\nContent-Length: 0\r\nUpgrade: websocket\r\nConnection: upgrade\r\n",
      1,
      1,
      0 },
    { { .status = 426, .body_len = 0 },
      "",
      "426 Upgrade Required\r\nDate: " DATE
      "\r\nContent-Length: 0\r\nUpgrade: websocket\r\nConnection: upgrade, close\r\n",
      0,
      1,
      0 },
    { { .status = 426, .body_len = 0, .http10 = true, .keep_alive = true },
      "",
      "426 Upgrade Required\r\nDate: " DATE
      "\r\nContent-Length: 0\r\nUpgrade: websocket\r\nConnection: upgrade, keep-alive\r\n",
      1,
      1,
      0 },
    /* what the handler may not say, or says instead of us */
    { { PLAIN(200, 3) },
      "Connection=x|Keep-Alive=1|Transfer-Encoding=gzip|Upgrade=x|Trailer=x|TE=x|content-length=9|",
      "200 OK\r\nDate: " DATE "\r\nContent-Length: 3\r\n",
      1,
      1,
      0 },
    { { PLAIN(200, 3) }, "date=now|", "200 OK\r\ndate: now\r\nContent-Length: 3\r\n", 1, 1, 0 },
    { { PLAIN(200, 3) }, "x=|X=2|", "200 OK\r\nx: \r\nX: 2\r\nDate: " DATE "\r\nContent-Length: 3\r\n", 1, 1, 0 },
    /* no body */
    { { .status = 200, .body_len = 13, .method = MOCKET_METHOD_HEAD, .keep_alive = true },
      "",
      "200 OK\r\nDate: " DATE "\r\nContent-Length: 13\r\n",
      1,
      0,
      0 },
    { { .status = 200, .body_len = -1, .method = MOCKET_METHOD_HEAD, .keep_alive = true },
      "",
      "200 OK\r\nDate: " DATE "\r\n",
      1,
      0,
      0 },
    { { .status = 200, .body_len = -1, .method = MOCKET_METHOD_HEAD, .keep_alive = true, .http10 = true },
      "",
      "200 OK\r\nDate: " DATE "\r\nConnection: keep-alive\r\n",
      1,
      0,
      0 },
    { { .status = 200, .body_len = 0, .method = MOCKET_METHOD_HEAD, .keep_alive = true },
      "Content-Length=99|",
      "200 OK\r\nDate: " DATE "\r\nContent-Length: 99\r\n",
      1,
      0,
      0 },
    { { PLAIN(304, 0) }, "", "304 Not Modified\r\nDate: " DATE "\r\n", 1, 0, 0 },
    { { PLAIN(304, 0) }, "Content-Length=7|", "304 Not Modified\r\nDate: " DATE "\r\nContent-Length: 7\r\n", 1, 0, 0 },
    { { PLAIN(204, 5) }, "Content-Length=5|", "204 No Content\r\nDate: " DATE "\r\n", 1, 0, 0 },
    { { PLAIN(204, -1) }, "", "204 No Content\r\nDate: " DATE "\r\n", 1, 0, 0 },
    { { PLAIN(205, 5) }, "", "205 Reset Content\r\nDate: " DATE "\r\nContent-Length: 0\r\n", 1, 0, 0 },
};

static void add_fields(struct mocket_fields *f, struct mocket_arena *a, const char *text)
{
    while (*text != '\0') {
        const char *equals = strchr(text, '='), *end = strchr(text, '|');
        mocket__fields_add(f, a, (mocket_span){ text, (size_t)(equals - text) },
                           (mocket_span){ equals + 1, (size_t)(end - equals - 1) });
        text = end + 1;
    }
}

static void check_row(const struct row *row, size_t i)
{
    struct mocket_h1_answer answer = row->in;
    struct mocket_fields fields = { 0 };
    struct mocket_buf out = { 0 }, want = { 0 };
    struct mocket_arena a;
    mocket__arena_init(&a, 0);
    add_fields(&fields, &a, row->fields);
    answer.fields = &fields;
    answer.date = MOCKET_SPAN(DATE);
    mocket__h1_write_head(&out, &answer);
    mocket__buf_text(&want, "HTTP/1.1 ");
    mocket__buf_text(&want, row->want);
    mocket__buf_text(&want, "\r\n");
    unit_same(mocket__buf_view(&out), mocket__buf_view(&want), i);
    unit_equal(answer.keep_alive, row->keep_alive, i);
    unit_equal(answer.send_body, row->send_body, i);
    unit_equal(answer.chunked, row->chunked, i);
    mocket__buf_release(&out);
    mocket__buf_release(&want);
    mocket__arena_release(&a);
}

static void test_heads(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(rows); i++)
        check_row(&rows[i], i);
}

/* The room is reckoned beforehand: heads of many sizes, in buffers that end right behind. */
static void test_room(void **state)
{
    static char text[3000];
    (void)state;
    memset(text, 'v', sizeof(text));
    for (size_t len = 0; len < sizeof(text); len += 37) {
        struct mocket_field lines[3] = { { { "Name", 4 }, { text, len } }, { { text, len + 1 }, { NULL, 0 } } };
        struct mocket_fields fields = { lines, 2, 3 };
        struct mocket_h1_answer answer = { .status = 431,
                                           .fields = &fields,
                                           .body_len = INT64_MAX,
                                           .http10 = true,
                                           .keep_alive = true,
                                           .date = MOCKET_SPAN(DATE) };
        struct mocket_buf out = { 0 };
        mocket__h1_write_head(&out, &answer);
        assert_int_equal(mocket__buf_status(&out), 0);
        assert_true(out.len > 2 * len && out.len < 2 * len + 300);
        assert_memory_equal(out.ptr + out.len - 4, "\r\n\r\n", 4);
        mocket__buf_release(&out);
    }
}

static int use_memory(void *context)
{
    struct mocket_buf out = { 0 };
    struct mocket_h1_answer answer = { .status = 200, .body_len = 1, .date = MOCKET_SPAN(DATE) };
    (void)context;
    mocket__h1_write_head(&out, &answer);
    int rc = mocket__buf_status(&out);
    mocket__buf_release(&out);
    return rc;
}

static void test_no_memory(void **state)
{
    (void)state;
    assert_int_equal(unit_each_allocation_fails(use_memory, NULL), 1);
}

/* ---- chunks ---- */

static void test_chunks(void **state)
{
    static const struct {
        size_t len;
        const char *want;
    } sizes[] = { { 1, "1\r\n" },
                  { 9, "9\r\n" },
                  { 10, "a\r\n" },
                  { 16, "10\r\n" },
                  { 255, "ff\r\n" },
                  { 65536, "10000\r\n" },
                  { 0xabcdef, "abcdef\r\n" },
                  { SIZE_MAX, sizeof(size_t) == 8 ? "ffffffffffffffff\r\n" : "ffffffff\r\n" } };
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(sizes); i++) {
        struct mocket_buf out = { 0 };
        mocket__h1_write_chunk_size(&out, sizes[i].len);
        unit_same(mocket__buf_view(&out), mocket__span(sizes[i].want), i);
        mocket__buf_release(&out);
    }
}

/* ---- dates ---- */

static void test_dates(void **state)
{
    static const struct {
        int64_t unix_s;
        const char *want;
    } dates[] = {
        { 784111777, "Sun, 06 Nov 1994 08:49:37 GMT" },    { 0, "Thu, 01 Jan 1970 00:00:00 GMT" },
        { 951782400, "Tue, 29 Feb 2000 00:00:00 GMT" },    { 4107542399, "Sun, 28 Feb 2100 23:59:59 GMT" },
        { 4107542400, "Mon, 01 Mar 2100 00:00:00 GMT" },   { 1735689599, "Tue, 31 Dec 2024 23:59:59 GMT" },
        { 253402300799, "Fri, 31 Dec 9999 23:59:59 GMT" }, { -1, "Thu, 01 Jan 1970 00:00:00 GMT" },
        { INT64_MAX, "Fri, 31 Dec 9999 23:59:59 GMT" },
    };
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(dates); i++) {
        char text[30];
        mocket__http_date(text, dates[i].unix_s);
        unit_same(mocket__span(text), mocket__span(dates[i].want), i);
    }
}

/* Against the C library, a step that is prime to days and years. */
static void test_dates_agree(void **state)
{
    (void)state;
    for (int64_t t = 0; t < 8000000000; t += 1234567) {
        char text[30], want[64];
        time_t seconds = (time_t)t;
        struct tm tm;
        gmtime_r(&seconds, &tm);
        strftime(want, sizeof(want), "%a, %d %b %Y %H:%M:%S GMT", &tm);
        mocket__http_date(text, t);
        unit_same(mocket__span(text), mocket__span(want), (size_t)t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_heads),  cmocka_unit_test(test_room),  cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_chunks), cmocka_unit_test(test_dates), cmocka_unit_test(test_dates_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
