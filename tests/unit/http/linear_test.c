/* Lists that clients choose cost what their length says: 16 times the bytes, about 16 times the work. What is
 * quadratic costs 256 times. Measured in CPU time of this thread, the least of several runs. */
#include <time.h>

#include "src/base/buf.h"
#include "src/http/cookie.h"
#include "src/http/forwarded.h"
#include "src/wire/h1_parse.h"
#include "src/http/mime.h"
#include "src/http/multipart.h"
#include "src/http/query.h"
#include "src/http/url.h"
#include "unit.h"

enum { SHORT = 16384, TIMES = 16, RUNS = 9, RATIO_MAX = 64 };

static struct mocket_networks trusted;

/* ---- What reads a list ---- */

/* The text is a whole head. */
static void read_head(struct mocket_arena *a, mocket_span text)
{
    struct mocket_h1 p;
    struct mocket_message msg;
    mocket__h1_init(&p, &(struct mocket_h1_limits){ .head_len = 1 << 24, .target_len = 1 << 24 });
    assert_true(mocket__h1_head(&p, &msg, a, text) > 0);
    mocket__forwarded(&msg.fields, &trusted);
}

static void read_query(struct mocket_arena *a, mocket_span text)
{
    struct mocket_fields out = { 0 };
    assert_int_equal(mocket__query_parse(text, a, &out), 0);
}

static void read_cookies(struct mocket_arena *a, mocket_span text)
{
    struct mocket_fields out = { 0 };
    assert_int_equal(mocket__cookie_parse(text, a, &out), 0);
}

static void read_path(struct mocket_arena *a, mocket_span text)
{
    mocket_span out;
    assert_int_equal(mocket__path_canonical(a, text, &out), 0);
}

static void read_parameters(struct mocket_arena *a, mocket_span text)
{
    mocket__mime_param(a, text, MOCKET_SPAN("not-there"));
}

static void read_part_head(struct mocket_arena *a, mocket_span text)
{
    struct mocket_upload out;
    mocket__multipart_head(a, text, &out);
}

static void read_multipart(struct mocket_arena *a, mocket_span text)
{
    struct mocket_multipart_parser p;
    enum mocket_multipart_token token;
    mocket_span data;
    (void)a;
    assert_int_equal(mocket__multipart_init(&p, MOCKET_SPAN("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab")), 0);
    for (ptrdiff_t used = 1; used > 0 && text.len > 0; text = mocket__span_slice(text, (size_t)used, text.len))
        used = mocket__multipart_next(&p, text, false, &token, &data);
}

static void read_chunks(struct mocket_arena *a, mocket_span text)
{
    struct mocket_h1_chunk c;
    mocket_span data;
    (void)a;
    mocket__h1_chunk_init(&c, SIZE_MAX / 2);
    for (ptrdiff_t used = 1; used > 0 && text.len > 0; text = mocket__span_slice(text, (size_t)used, text.len))
        used = mocket__h1_chunk(&c, text, &data);
}

/* ---- What a handler asks ---- */

static int answer(mocket_event *e)
{
    mocket_accepts_encoding(e, "gzip");
    mocket_precondition(e, "\"none of them\"", 0);
    mocket_header(e, "Range");
    mocket_cookie(e, "not-there");
    return mocket_empty(e, 204);
}

static void ask(mocket_span name, mocket_span text)
{
    mocket_app *app = mocket_new();
    mocket_get(app, "/", answer);
    mocket_client *c = mocket_client_new(app);
    mocket_client_header(c, name.ptr, text.ptr);
    mocket_client_send(c, "GET /", (mocket_span){ 0 });
    mocket_client_free(c);
    mocket_free(app);
}

static void ask_encoding(struct mocket_arena *a, mocket_span text)
{
    (void)a;
    ask(MOCKET_SPAN("Accept-Encoding"), text);
}

static void ask_tags(struct mocket_arena *a, mocket_span text)
{
    (void)a;
    ask(MOCKET_SPAN("If-None-Match"), text);
}

static const struct {
    const char *name;
    void (*read)(struct mocket_arena *a, mocket_span text);
    const char *before, *again, *after; /* `again` is repeated */
} rows[] = {
#define HEAD "GET / HTTP/1.1\r\nHost: h\r\n"
    { "Connection", read_head, HEAD "x-0001: 1\r\nx-0002: 2\r\nConnection: ", "x-0000,", "x\r\n\r\n" },
    { "Connection, short names", read_head, HEAD "b: 1\r\nc: 2\r\nConnection: ", "a,", "a\r\n\r\n" },
    { "Upgrade", read_head, HEAD "Upgrade: ", "a,", "a\r\n\r\n" },
    { "Expect", read_head, HEAD "Expect: ", "100-continue,", "\r\n\r\n" },
    { "X-Forwarded-For", read_head, HEAD "X-Forwarded-For: ", "1.2.3.4, ", "x\r\n\r\n" },
    { "X-Forwarded-Proto", read_head, HEAD "X-Forwarded-Proto: ", "a,", "x\r\n\r\n" },
    { "Forwarded", read_head, HEAD "Forwarded: ", "for=\"[::1]\";a=b, ", "for=x\r\n\r\n" },
    { "Forwarded, quotes", read_head, HEAD "Forwarded: for=\"", "\\\"", "\"\r\n\r\n" },
    { "Forwarded, no end", read_head, HEAD "Forwarded: ", "a=\"b,", "\r\n\r\n" },
    { "blanks", read_head, HEAD "X: a", " \t", "b\r\n\r\n" },
    { "a target", read_head, "GET /", "a/../%2e", " HTTP/1.1\r\nHost: h\r\n\r\n" },
    { "a query", read_query, "", "a=b&", "" },
    { "a query of one name", read_query, "", "%41", "" },
    { "cookies", read_cookies, "", "a=b; ", "" },
    { "cookies without values", read_cookies, "", ";", "" },
    { "segments", read_path, "", "/a/b/../..", "" },
    { "parameters", read_parameters, "a/b", "; c=\"\\\"\"", "" },
    { "quoted text", read_parameters, "a/b; c=\"", "\\\\", "" },
    { "a folded part header", read_part_head, "A: b", "\r\n ", "" },
    { "part headers", read_part_head, "", "A: b\r\n", "" },
    { "backslashes of a name", read_part_head, "Content-Disposition: form-data; name=\"", "\\", "\"" },
    { "almost delimiters", read_multipart, "--aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\r\n\r\n",
      "\r\n--aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "" },
    { "line ends", read_multipart, "", "\r", "" },
    { "chunk extensions", read_chunks, "1", ";a=\"b\"", "\r\nx\r\n" },
    { "chunks", read_chunks, "", "1\r\nx\r\n", "" },
    { "Accept-Encoding", ask_encoding, "", "br;q=0.5,", "x" },
    { "If-None-Match", ask_tags, "", "\"a\",", "\"b\"" },
    { "If-None-Match, commas", ask_tags, "", ",", "" },
#undef HEAD
};

/* ---- Measuring ---- */

static void make(struct mocket_buf *b, size_t row, size_t len)
{
    mocket__buf_text(b, rows[row].before);
    while (b->len < len)
        mocket__buf_text(b, rows[row].again);
    mocket__buf_text(b, rows[row].after);
    mocket__buf_add(b, "", 1);
    assert_int_equal(mocket__buf_status(b), 0);
}

static double cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double least_us(size_t row, size_t len)
{
    struct mocket_buf text = { 0 };
    double least = 1e12;
    make(&text, row, len);
    for (int run = 0; run < RUNS; run++) {
        struct mocket_arena a;
        mocket__arena_init(&a, 0);
        double began = cpu_us();
        rows[row].read(&a, (mocket_span){ text.ptr, text.len - 1 });
        double took = cpu_us() - began;
        least = took < least ? took : least;
        mocket__arena_release(&a);
    }
    mocket__buf_release(&text);
    return least;
}

static void test_linear(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        double few = least_us(i, SHORT), many = least_us(i, SHORT * TIMES);
        if (many <= RATIO_MAX * (few + 10))
            continue;
        print_error("%s: %d bytes take %.0f us, %d times as many %.0f us\n", rows[i].name, SHORT, few, TIMES, many);
        fail();
    }
}

/* Each of many fields, and thousands of options in Connection: looking every option up in every field would take
 * milliseconds. */
static void test_names_and_fields(void **state)
{
    (void)state;
    double took[2];
    for (int with = 0; with < 2; with++) {
        struct mocket_buf text = { 0 };
        mocket__buf_text(&text, "GET / HTTP/1.1\r\nHost: h\r\n");
        for (int i = 0; i < 95; i++) {
            char line[32];
            snprintf(line, sizeof line, "x-000%02d: y\r\n", i);
            mocket__buf_text(&text, line);
        }
        mocket__buf_text(&text, with ? "Connection: " : "X: ");
        while (text.len < 100000)
            mocket__buf_text(&text, "x-0000z,");
        mocket__buf_text(&text, "x\r\n\r\n");
        took[with] = 1e12;
        for (int run = 0; run < RUNS; run++) {
            struct mocket_arena a;
            mocket__arena_init(&a, 0);
            double began = cpu_us();
            read_head(&a, mocket__buf_view(&text));
            double now = cpu_us() - began;
            took[with] = now < took[with] ? now : took[with];
            mocket__arena_release(&a);
        }
        mocket__buf_release(&text);
    }
    print_message("a head of 100 KB: %.0f us, with Connection %.0f us\n", took[0], took[1]);
    assert_true(took[1] < 20 * took[0] + 2000);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_linear), cmocka_unit_test(test_names_and_fields) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
