/* Bodies of an adapter: every declared length, limit, number of bytes that come, and way of reading them. */
#include "tests/unit/unit.h"

#pragma GCC diagnostic ignored "-Wattributes" /* of imports, which only wasm has */
#include "hosts/adapter/core/source.c"

enum { MOST = 6 };
static const char bytes[] = "abcdefgh";

/* The platform: each read gives one byte, or at most `piece`, and nothing yet every second time. */
static size_t come, given, piece;
static bool waits, waited;
static char app_memory[16];

static ptrdiff_t give(char *to, size_t cap)
{
    waited = waits && !waited;
    if (waited)
        return MOCKET_EAGAIN;
    size_t n = come - given < cap ? come - given : cap;
    if (n > piece)
        n = piece;
    memcpy(to, bytes + given, n);
    given += n;
    return (ptrdiff_t)n;
}

ptrdiff_t port_read(struct adapter_exchange *x, void *to, size_t cap)
{
    (void)x;
    return give(to, cap);
}

ptrdiff_t port_fetch_read(struct adapter_outgoing *o, void *to, size_t cap)
{
    (void)o;
    return give(to, cap);
}

void app_store(uint32_t at, const void *from, size_t len)
{
    assert_true(at + len <= sizeof app_memory);
    memcpy(app_memory + at, from, len);
}

/* What the last read must say: 0 for a complete body. */
static int wanted(int64_t limit, int64_t declared, int cut)
{
    if (limit >= 0 && declared > limit)
        return MOCKET_ETOOBIG;
    if (limit >= 0 && (int64_t)come > limit)
        return declared >= 0 && declared < limit ? cut : MOCKET_ETOOBIG;
    return declared < 0 || declared == (int64_t)come ? 0 : cut;
}

/* Reads to the end. Returns the code there; *len: bytes before it. */
static int read_all(struct adapter_source *s, struct adapter_origin from, uint32_t cap, size_t *len)
{
    int32_t n;
    *len = 0;
    while ((n = adapter_source_read(s, from, (uint32_t)*len, cap)) > 0 || n == MOCKET_EAGAIN)
        *len += n > 0 ? (size_t)n : 0;
    return n;
}

static void check(int64_t limit, int64_t declared, uint32_t cap, bool is_request)
{
    struct adapter_source s;
    struct adapter_origin from = { is_request ? (void *)&s : NULL, is_request ? NULL : (void *)&s };
    size_t len;
    given = 0;
    adapter_source_init(&s, limit, declared, NULL);
    int rc = read_all(&s, from, cap, &len), cut = is_request ? MOCKET_EINVAL : MOCKET_EIO;
    assert_int_equal(rc, wanted(limit, declared, cut));
    assert_memory_equal(app_memory, bytes, len);
    if (rc == 0)
        assert_int_equal(len, come);
    adapter_source_release(&s);
}

static void each_body(void (*run)(int64_t limit, int64_t declared))
{
    for (come = 0; come <= MOST; come++)
        for (piece = 1; piece <= 2; piece++)
            for (int w = 0; w <= 1; w++)
                for (int64_t limit = -1; limit <= MOST; limit++)
                    for (int64_t declared = -1; declared <= MOST; declared++) {
                        waits = w;
                        waited = false;
                        run(limit, declared);
                    }
}

static void check_reads(int64_t limit, int64_t declared)
{
    for (uint32_t cap = 1; cap <= 3; cap++) {
        check(limit, declared, cap, true);
        check(limit, declared, cap, false);
    }
}

/* The platform ends a body that is cut short as it ends a complete one. The declared length tells the difference. */
static void test_streamed(void **state)
{
    (void)state;
    each_body(check_reads);
}

static void check_collected(int64_t limit, int64_t declared)
{
    struct adapter_source s;
    struct adapter_origin from = { (void *)&s, NULL };
    int rc;
    given = 0;
    adapter_source_init(&s, limit, declared, NULL);
    do
        rc = adapter_source_collect(&s, from);
    while (rc == MOCKET_EAGAIN);
    assert_int_equal(rc, wanted(limit, declared, MOCKET_EINVAL));
    if (limit >= 0 && declared > limit)
        assert_int_equal(given, 0);
    if (rc == 0) {
        assert_int_equal(s.bytes.len, come);
        assert_memory_equal(s.bytes.ptr, bytes, come);
    }
    adapter_source_release(&s);
}

static void test_collected(void **state)
{
    (void)state;
    each_body(check_collected);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_streamed), cmocka_unit_test(test_collected) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
