/* What comes out of the compressor is what went in, for whole answers and streams, in one piece and in many; and a
 * stream that pauses is not held back. */
#include "unit.h"

#include <zlib.h>

enum { LEN = 300000 };

static char *sample(void)
{
    char *bytes = malloc(LEN);
    assert_non_null(bytes);
    uint32_t seed = 1;
    for (size_t i = 0; i < LEN; i++) {
        uint32_t noise = unit_random(&seed);
        bytes[i] = i % 3 ? (char)('a' + i % 7) : (char)(noise >> 16);
    }
    return bytes;
}

struct feed {
    const char *bytes;
    size_t len, at;
    size_t step; /* at most so many at a time */
    bool fails;  /* in place of an end */
};

static ptrdiff_t feed_read(void *data, void *buf, size_t cap)
{
    struct feed *feed = data;
    size_t n = feed->len - feed->at < cap ? feed->len - feed->at : cap;
    n = n < feed->step ? n : feed->step;
    if (n == 0 && feed->fails)
        return MOCKET_EIO;
    memcpy(buf, feed->bytes + feed->at, n);
    feed->at += n;
    return (ptrdiff_t)n;
}

static int stream(mocket_event *e)
{
    struct feed *feed = mocket_data(e);
    feed->at = 0;
    mocket_header_set(e, "Content-Type", "text/plain");
    return mocket_stream(e, mocket_source_new(e, feed_read, NULL, feed));
}

static int whole(mocket_event *e)
{
    struct feed *feed = mocket_data(e);
    return mocket_bytes(e, (mocket_span){ feed->bytes, feed->len }, "text/plain");
}

static void same_inflated(mocket_span packed, int window, mocket_span want)
{
    z_stream z = { 0 };
    char *out = malloc(want.len + 1);
    assert_non_null(out);
    assert_int_equal(inflateInit2(&z, window), Z_OK);
    z.next_in = (z_const Bytef *)packed.ptr;
    z.avail_in = (uInt)packed.len;
    z.next_out = (Bytef *)out;
    z.avail_out = (uInt)want.len + 1;
    assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
    assert_int_equal(z.avail_in, 0);
    unit_same((mocket_span){ out, want.len + 1 - z.avail_out }, want, packed.len);
    inflateEnd(&z);
    free(out);
}

static mocket_client *client_of(mocket_app *app, struct feed *feed)
{
    mocket_compress(app, NULL, NULL);
    mocket_on(app, "GET", "/whole", whole, feed);
    mocket_on(app, "GET", "/stream", stream, feed);
    mocket_client *c = mocket_client_new(app);
    assert_non_null(c);
    return c;
}

static const struct {
    const char *line, *coding;
    int window;
} ways[] = {
    { "GET /whole", "gzip", 15 + 16 },
    { "GET /whole", "deflate", 15 },
    { "GET /stream", "gzip", 15 + 16 },
    { "GET /stream", "deflate", 15 },
};

static void test_round_trip(void **state)
{
    (void)state;
    static const size_t lens[] = { 1024, 1025, 5000, 8191, 8192, 8193, 65536, LEN }, steps[] = { 1, 100, 8192, LEN };
    char *bytes = sample();
    struct feed feed = { .bytes = bytes };
    mocket_app *app = mocket_new();
    mocket_client *c = client_of(app, &feed);
    for (size_t i = 0; i < UNIT_COUNT(lens) * UNIT_COUNT(steps) * UNIT_COUNT(ways); i++) {
        size_t way = i / UNIT_COUNT(lens) / UNIT_COUNT(steps);
        feed.len = lens[i % UNIT_COUNT(lens)];
        feed.step = steps[i / UNIT_COUNT(lens) % UNIT_COUNT(steps)];
        if (feed.step == 1 && feed.len > 5000)
            continue; /* each byte is flushed: long, and nothing new */
        mocket_client_header(c, "Accept-Encoding", ways[way].coding);
        mocket_reply *r = mocket_client_send(c, ways[way].line, (mocket_span){ 0 });
        assert_int_equal(mocket_reply_status(r), 200);
        assert_string_equal(mocket_reply_header(r, "Content-Encoding"), ways[way].coding);
        same_inflated(unit_body(r), ways[way].window, (mocket_span){ bytes, feed.len });
    }
    mocket_client_free(c);
    mocket_free(app);
    free(bytes);
}

/* Nothing to gain: noise goes out as it is. */
static void test_noise(void **state)
{
    (void)state;
    char noise[4096];
    uint32_t seed = 7;
    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (char)(unit_random(&seed) >> 16);
    struct feed feed = { .bytes = noise, .len = sizeof noise, .step = sizeof noise };
    mocket_app *app = mocket_new();
    mocket_client *c = client_of(app, &feed);
    mocket_client_header(c, "Accept-Encoding", "gzip");
    mocket_reply *r = mocket_client_send(c, "GET /whole", (mocket_span){ 0 });
    assert_null(mocket_reply_header(r, "Content-Encoding"));
    assert_string_equal(mocket_reply_header(r, "Vary"), "Accept-Encoding");
    unit_same(unit_body(r), (mocket_span){ noise, sizeof noise }, 0);
    mocket_client_free(c);
    mocket_free(app);
}

static void test_failing_stream_is_cut(void **state)
{
    (void)state;
    struct feed feed = { .bytes = "abc", .len = 3, .step = 3, .fails = true };
    mocket_app *app = mocket_new();
    mocket_client *c = client_of(app, &feed);
    mocket_client_header(c, "Accept-Encoding", "gzip");
    assert_null(mocket_client_send(c, "GET /stream", (mocket_span){ 0 }));
    mocket_client_free(c);
    mocket_free(app);
}

/* ---- A middleware outside looks at what comes through while the stream goes on ---- */

struct watch {
    mocket_source *inner;
    const struct feed *feed;
    z_stream z;
    size_t reads;
};

/* Each piece that comes out holds everything that went in so far. */
static ptrdiff_t watch_read(void *data, void *buf, size_t cap)
{
    struct watch *w = data;
    char out[100];
    ptrdiff_t n = mocket_read(w->inner, buf, cap);
    if (n <= 0)
        return n;
    w->z.next_in = buf;
    w->z.avail_in = (uInt)n;
    w->z.next_out = (Bytef *)out;
    w->z.avail_out = sizeof out;
    inflate(&w->z, Z_SYNC_FLUSH);
    assert_int_equal(w->z.total_out, w->feed->at);
    w->reads++;
    return n;
}

static int watching(mocket_event *e)
{
    struct watch *w = mocket_data(e);
    int rc = mocket_next(e);
    w->inner = mocket_response_take_stream(e);
    return rc ? rc : mocket_stream(e, mocket_source_new(e, watch_read, NULL, w));
}

static void test_pieces_are_not_held_back(void **state)
{
    (void)state;
    struct feed feed = { .bytes = "tick tack tick tack ", .len = 20, .step = 5 };
    struct watch watch = { .feed = &feed };
    assert_int_equal(inflateInit2(&watch.z, 15 + 16), Z_OK);
    mocket_app *app = mocket_new();
    mocket_use(app, NULL, watching, &watch);
    mocket_client *c = client_of(app, &feed);
    mocket_client_header(c, "Accept-Encoding", "gzip");
    assert_int_equal(mocket_reply_status(mocket_client_send(c, "GET /stream", (mocket_span){ 0 })), 200);
    assert_true(watch.reads >= 4);
    inflateEnd(&watch.z);
    mocket_client_free(c);
    mocket_free(app);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_noise),
        cmocka_unit_test(test_failing_stream_is_cut),
        cmocka_unit_test(test_pieces_are_not_held_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
