#include "src/wire/h1_chunk.h"
#include "src/base/buf.h"
#include "unit.h"

#define EXTRA_MAX 1000

struct outcome {
    struct mocket_buf data;
    size_t used;
    bool bad, done;
};

static void decode(struct outcome *o, const mocket_span *pieces, size_t count)
{
    struct mocket_h1_chunk c;
    mocket__h1_chunk_init(&c, EXTRA_MAX);
    for (size_t i = 0; i < count; i++) {
        for (size_t at = 0; at < pieces[i].len && !c.done;) {
            mocket_span data;
            ptrdiff_t used = mocket__h1_chunk(&c, mocket__span_slice(pieces[i], at, pieces[i].len), &data);
            if (used < 0) {
                o->bad = true;
                return;
            }
            assert_true(used > 0);
            mocket__buf_span(&o->data, data);
            at += (size_t)used;
            o->used += (size_t)used;
        }
    }
    o->done = c.done;
}

static const struct row {
    mocket_span in;
    const char *want; /* NULL: malformed */
    size_t left;      /* bytes behind the end */
} rows[] = {
    { UNIT_ROW("0\r\n\r\n"), "", 0 },
    { UNIT_ROW("0\r\n\r\nGET /"), "", 5 },
    { UNIT_ROW("3\r\nabc\r\n0\r\n\r\n"), "abc", 0 },
    { UNIT_ROW("0003\r\nabc\r\n000\r\n\r\n"), "abc", 0 },
    { UNIT_ROW("A\r\n0123456789\r\nb\r\n0123456789a\r\n0\r\n\r\n"), "01234567890123456789a", 0 },
    { UNIT_ROW("2\r\n\r\n\r\n0\r\n\r\n"), "\r\n", 0 },
    /* extensions */
    { UNIT_ROW("3;a\r\nabc\r\n0;b\r\n\r\n"), "abc", 0 },
    { UNIT_ROW("3;a=b;c=d\r\nabc\r\n0\r\n\r\n"), "abc", 0 },
    { UNIT_ROW("3 ; a = b\t; c\r\nabc\r\n0\r\n\r\n"), "abc", 0 },
    { UNIT_ROW("3;a=\"b;\\\"\\\\ \xff\t,\"\r\nabc\r\n0\r\n\r\n"), "abc", 0 },
    /* trailers */
    { UNIT_ROW("0\r\nA: b\r\nC:\r\nd: \xff e\t\r\n\r\nx"), "", 1 },
    /* sizes */
    { UNIT_ROW("\r\n"), NULL, 0 },
    { UNIT_ROW(";a\r\nabc\r\n"), NULL, 0 },
    { UNIT_ROW("-3\r\nabc\r\n"), NULL, 0 },
    { UNIT_ROW("+3\r\nabc\r\n"), NULL, 0 },
    { UNIT_ROW(" 3\r\nabc\r\n"), NULL, 0 },
    { UNIT_ROW("0x3\r\nabc\r\n"), NULL, 0 },
    { UNIT_ROW("3g\r\nabc\r\n"), NULL, 0 },
    { UNIT_ROW("3 \r\nabc\r\n"), NULL, 0 },
    { UNIT_ROW("3 3\r\nabc\r\n"), NULL, 0 },
    { UNIT_ROW("ffffffffffffffff\r\n"), NULL, 0 },
    { UNIT_ROW("10000000000000003\r\nabc\r\n"), NULL, 0 },
    /* line ends */
    { UNIT_ROW("3\nabc\r\n0\r\n\r\n"), NULL, 0 },
    { UNIT_ROW("3\r\nabc\n0\r\n\r\n"), NULL, 0 },
    { UNIT_ROW("3\rabc"), NULL, 0 },
    { UNIT_ROW("3\r\r\nabc"), NULL, 0 },
    { UNIT_ROW("3\r\nabcd\r\n"), NULL, 0 },
    { UNIT_ROW("3\r\nabc0\r\n\r\n"), NULL, 0 },
    { UNIT_ROW("3;a\nabc\r\n0\r\n\r\n"), NULL, 0 },
    { UNIT_ROW("3;a=\"\r\nabc\r\n0\r\n\r\n"), NULL, 0 },
    { UNIT_ROW("3;a=\"\\\r\n\"\r\nabc\r\n"), NULL, 0 },
    { UNIT_ROW("3;a=\"b\n\"\r\nabc\r\n"), NULL, 0 },
    { UNIT_ROW("3;a\0\r\nabc\r\n"), NULL, 0 },
    { UNIT_ROW("3;a=/\r\nabc\r\n"), NULL, 0 },
    { UNIT_ROW("0\r\n\n"), NULL, 0 },
    { UNIT_ROW("0\r\n\rx"), NULL, 0 },
    { UNIT_ROW("0\n\r\n"), NULL, 0 },
    /* trailers that are no fields */
    { UNIT_ROW("0\r\nA\r\n\r\n"), NULL, 0 },
    { UNIT_ROW("0\r\n: b\r\n\r\n"), NULL, 0 },
    { UNIT_ROW("0\r\nA : b\r\n\r\n"), NULL, 0 },
    { UNIT_ROW("0\r\nA: b\r\n c\r\n\r\n"), NULL, 0 },
    { UNIT_ROW("0\r\n A: b\r\n\r\n"), NULL, 0 },
    { UNIT_ROW("0\r\nA: b\n\r\n"), NULL, 0 },
    { UNIT_ROW("0\r\nA: b\rc\r\n\r\n"), NULL, 0 },
    { UNIT_ROW("0\r\nA: \0\r\n\r\n"), NULL, 0 },
};

static void check(void *context, const mocket_span *pieces, size_t count)
{
    const struct row *row = context;
    size_t number = (size_t)(row - rows);
    struct outcome o = { 0 };
    decode(&o, pieces, count);
    unit_equal(o.bad, row->want == NULL, number);
    if (row->want != NULL) {
        unit_equal(o.done, true, number);
        unit_same(mocket__buf_view(&o.data), mocket__span(row->want), number);
        unit_equal((long long)o.used, (long long)(row->in.len - row->left), number);
    }
    mocket__buf_release(&o.data);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        struct unit_guard g = unit_guarded(rows[i].in);
        unit_each_split(g.span, check, (void *)&rows[i]);
        unit_unguard(&g);
    }
}

/* Feeds the same bytes again and again; how often that was borne. */
static size_t borne(const char *start, const char *text, size_t most)
{
    struct mocket_h1_chunk c;
    mocket_span data, in;
    size_t times = 0;
    mocket__h1_chunk_init(&c, EXTRA_MAX);
    for (in = mocket__span(start); in.len > 0;) {
        ptrdiff_t used = mocket__h1_chunk(&c, in, &data);
        assert_true(used > 0);
        in = mocket__span_slice(in, (size_t)used, in.len);
    }
    for (; times < most; times++) {
        for (in = mocket__span(text); in.len > 0;) {
            ptrdiff_t used = mocket__h1_chunk(&c, in, &data);
            if (used < 0)
                return times;
            in = mocket__span_slice(in, (size_t)used, in.len);
        }
    }
    return times;
}

static void test_framing_is_bounded(void **state)
{
    (void)state;
    assert_true(borne("0\r\n", "A: b\r\n", 100000) < EXTRA_MAX);
    assert_true(borne("3;", "a", 100000) < EXTRA_MAX);
    assert_true(borne("", "1;aaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\na\r\n", 100000) < EXTRA_MAX);
    assert_true(borne("", "0", 100000) <= EXTRA_MAX);
    assert_int_equal(borne("", "1\r\na\r\n", 100000), 100000);                     /* small chunks are no crime */
    assert_int_equal(borne("", "8;a=0123456789\r\n01234567\r\n", 100000), 100000); /* nor is an extension each */
}

static void test_bad_stays_bad(void **state)
{
    struct mocket_h1_chunk c;
    mocket_span data;
    (void)state;
    mocket__h1_chunk_init(&c, EXTRA_MAX);
    assert_true(mocket__h1_chunk(&c, MOCKET_SPAN("x"), &data) < 0);
    assert_true(mocket__h1_chunk(&c, MOCKET_SPAN("3\r\nabc"), &data) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_framing_is_bounded),
        cmocka_unit_test(test_bad_stays_bad),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
