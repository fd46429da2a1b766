/* An answer that was received, read whole or as a stream. */
#include "unit.h"

#include "src/core/reply.h"

struct feed {
    struct mocket_source source;
    size_t left;
    int end; /* what comes after the bytes: 0 or an error */
    int closes;
};

static ptrdiff_t read_feed(struct mocket_source *s, void *buf, size_t cap)
{
    struct feed *f = (struct feed *)s;
    size_t n = f->left < cap ? f->left : cap;
    n = n > 1000 ? 1000 : n;
    memset(buf, 'x', n);
    f->left -= n;
    return n ? (ptrdiff_t)n : f->end;
}

static void close_feed(struct mocket_source *s)
{
    ((struct feed *)s)->closes++;
}

static struct feed feed_of(size_t len, int end)
{
    return (struct feed){ { read_feed, close_feed }, len, end, 0 };
}

static void test_whole(void **state)
{
    (void)state;
    static const struct {
        size_t len;
        int end;
        int64_t most;
        int rc;
    } rows[] = {
        { 0, 0, 10, 0 },
        { 10, 0, 10, 0 },
        { 11, 0, 10, MOCKET_ETOOBIG },
        { 50000, 0, MOCKET_UNLIMITED, 0 },
        { 500, MOCKET_ECLOSED, 1000, MOCKET_ECLOSED },
        { 0, 0, 0, 0 },
        { 1, 0, 0, MOCKET_ETOOBIG },
    };
    struct mocket_arena a;
    mocket__arena_init(&a, 0);
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        struct feed f = feed_of(rows[i].len, rows[i].end);
        struct mocket_reply r = { .arena = &a, .source = &f.source, .max_body = rows[i].most };
        mocket_span body;
        for (int twice = 0; twice < 2; twice++) {
            unit_equal(mocket_reply_body(&r, &body), rows[i].rc, i);
            unit_equal((long long)body.len, rows[i].rc == 0 ? (long long)rows[i].len : 0, i);
            unit_equal(body.ptr != NULL && body.ptr[body.len] == '\0', rows[i].rc == 0, i);
        }
        unit_equal(f.closes, 1, i);
        char buf[100];
        ptrdiff_t n = mocket_read(mocket_reply_source(&r), buf, sizeof buf); /* what was read whole can be read again */
        unit_equal(n, rows[i].rc < 0 ? rows[i].rc : (ptrdiff_t)(rows[i].len < 100 ? rows[i].len : 100), i);
    }
    mocket__arena_release(&a);
}

static void test_stream(void **state)
{
    (void)state;
    struct feed f = feed_of(5, 0);
    struct mocket_reply r = { .source = &f.source };
    assert_ptr_equal(mocket_reply_source(&r), &f.source);
    assert_ptr_equal(mocket_reply_source(&r), &f.source);
    struct mocket_reply whole = { .body = MOCKET_SPAN("abc") };
    mocket_source *s = mocket_reply_source(&whole);
    char buf[2];
    assert_int_equal(mocket_read(s, buf, 2), 2);
    assert_ptr_equal(mocket_reply_source(&whole), s);
    assert_int_equal(mocket_read(s, buf, 2), 1);
    assert_int_equal(mocket_read(s, buf, 2), 0);
}

static int read_whole(void *context)
{
    struct mocket_arena *a = context;
    struct feed f = feed_of(50000, 0);
    struct mocket_reply r = { .arena = a, .source = &f.source, .max_body = MOCKET_UNLIMITED };
    mocket_span body;
    int rc = mocket_reply_body(&r, &body);
    assert_int_equal(f.closes, 1);
    mocket__arena_release(a);
    return rc;
}

static void test_memory(void **state)
{
    (void)state;
    struct mocket_arena a;
    unit_arena(&a);
    assert_true(unit_each_allocation_fails(read_whole, &a) >= 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),
        cmocka_unit_test(test_stream),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
