#include "src/http/forwarded.h"
#include "unit.h"

static struct mocket_arena arena;

/* ---- Networks ---- */

static const struct {
    const char *list;
    const char *address;
    bool held;
} held_rows[] = {
    { "10.0.0.0/8", "10.255.1.2", true },
    { "10.0.0.0/8", "11.0.0.0", false },
    { "10.0.0.0/8", "::ffff:10.1.2.3", true },
    { "10.0.0.0/8", "::10.1.2.3", false },
    { "192.0.2.7", "192.0.2.7", true },
    { "192.0.2.7", "192.0.2.6", false },
    { "192.0.2.128/25", "192.0.2.255", true },
    { "192.0.2.128/25", "192.0.2.127", false },
    { "0.0.0.0/0", "203.0.113.9", true },
    { "0.0.0.0/0", "2001:db8::1", false },
    { "::/0", "203.0.113.9", false }, /* every IPv6 address, and no IPv4 one */
    { "::/0", "2001:db8::1", true },
    { "::ffff:0:0/96", "203.0.113.9", true },
    { "::1", "::1", true },
    { "::1", "::2", false },
    { "2001:db8::/33", "2001:db8:7fff::1", true },
    { "2001:db8::/33", "2001:db8:8000::1", false },
    { " ::1 ,\t10.0.0.0/8", "10.0.0.1", true },
    { "unix", "127.0.0.1", false },
};

static const char *const bad_lists[] = {
    "",           ",",           "10.0.0.0/33", "10.0.0.0/",    "10.0.0.0/-1",  "10.0.0.0/8x",
    "10.1.0.0/8", "::1/129",     "::1/127",     "10.0.0",       "010.0.0.1",    "localhost",
    "[::1]",      "10.0.0.1:80", "10.0.0.0//8", "10.0.0.0/8/8", "fe80::1%eth0", "10.0.0.0/8 ::1",
    "10.0.0.1,x",
};

static void test_networks(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(held_rows); i++) {
        struct mocket_networks n = { 0 };
        struct mocket_address a;
        unit_equal(mocket__networks_add(&n, &arena, mocket__span(held_rows[i].list)), 0, i);
        assert_true(mocket__address_parse(&a, mocket__span(held_rows[i].address)));
        unit_equal(mocket__networks_hold(&n, &a), held_rows[i].held, i);
    }
    for (size_t i = 0; i < UNIT_COUNT(bad_lists); i++) {
        struct mocket_networks n = { 0 };
        unit_equal(mocket__networks_add(&n, &arena, mocket__span(bad_lists[i])), MOCKET_EINVAL, i);
        unit_equal((long long)n.count, 0, i);
    }
}

static void test_lists_add_up(void **state)
{
    struct mocket_networks n = { 0 };
    struct mocket_address a;
    (void)state;
    assert_int_equal(mocket__networks_add(&n, &arena, MOCKET_SPAN("10.0.0.0/8")), 0);
    assert_int_equal(mocket__networks_add(&n, &arena, MOCKET_SPAN("x")), MOCKET_EINVAL);
    assert_int_equal(mocket__networks_add(&n, &arena, MOCKET_SPAN("unix, ::1")), 0);
    assert_true(n.local);
    assert_true(mocket__address_parse(&a, MOCKET_SPAN("10.2.3.4")) && mocket__networks_hold(&n, &a));
    assert_true(mocket__address_parse(&a, MOCKET_SPAN("::1")) && mocket__networks_hold(&n, &a));
}

/* ---- The client ---- */

#define FWD(value) "Forwarded", value
#define XFF(value) "X-Forwarded-For", value
#define XFP(value) "X-Forwarded-Proto", value

/* Trusted are 10.0.0.0/8 and ::1. want: address, "-" none, "!" conflict; then the scheme, if one was said. */
static const struct {
    const char *fields[9]; /* name, value ... */
    const char *want;
} client_rows[] = {
    { { NULL }, "-" },
    { { XFF("192.0.2.1") }, "192.0.2.1" },
    { { XFF("192.0.2.1, 10.0.0.2") }, "192.0.2.1" },
    { { XFF("198.51.100.7, 192.0.2.1, 10.0.0.2,10.0.0.1") }, "192.0.2.1" },
    { { XFF("198.51.100.7"), XFF("192.0.2.1") }, "192.0.2.1" },
    { { XFF("10.0.0.3, 10.0.0.2") }, "10.0.0.3" },
    { { XFF("10.0.0.9, 192.0.2.1, 10.0.0.2") }, "192.0.2.1" },
    { { XFF("2001:db8::7") }, "2001:db8::7" },
    { { XFF("[2001:db8::7]:443") }, "2001:db8::7" },
    { { XFF("192.0.2.1:443") }, "192.0.2.1" },
    { { XFF("::ffff:192.0.2.1") }, "192.0.2.1" },
    { { XFF("192.0.2.1, garbage") }, "-" },
    { { XFF("192.0.2.1, garbage, 10.0.0.2") }, "10.0.0.2" },
    { { XFF("garbage, 192.0.2.1") }, "192.0.2.1" },
    { { XFF("192.0.2.1:x") }, "-" },
    { { XFF("192.0.2.1:65536") }, "-" },
    { { XFF("[192.0.2.1]") }, "-" },
    { { XFF("[::1") }, "-" },
    { { XFF("") }, "-" },
    { { XFF(",,") }, "-" },
    { { XFF("192.0.2.1"), XFP("https") }, "192.0.2.1 https" },
    { { XFF("192.0.2.1"), XFP("HTTPS") }, "192.0.2.1 https" },
    { { XFF("192.0.2.1"), XFP("https, http") }, "192.0.2.1 http" },
    { { XFF("192.0.2.1"), XFP("gopher") }, "192.0.2.1" },
    { { XFP("https") }, "- https" },
    { { FWD("for=192.0.2.1") }, "192.0.2.1" },
    { { FWD("For=\"192.0.2.1:4711\";Proto=https") }, "192.0.2.1 https" },
    { { FWD("for=\"[2001:db8::7]:4711\"") }, "2001:db8::7" },
    { { FWD("proto=http;by=10.0.0.1; for=192.0.2.1 ;host=\"a,b;c\"") }, "192.0.2.1 http" },
    { { FWD("for=198.51.100.7, for=192.0.2.1;proto=https, for=10.0.0.2;proto=http") }, "192.0.2.1 https" },
    { { FWD("for=198.51.100.7;proto=https"), FWD("for=192.0.2.1") }, "192.0.2.1" },
    { { FWD("host=\"x\\\",for=198.51.100.7\", for=192.0.2.1") }, "192.0.2.1" },
    { { FWD("for=192.0.2.1, for=unknown;proto=https") }, "- https" },
    { { FWD("for=_hidden, for=10.0.0.2;proto=https") }, "10.0.0.2 https" },
    { { FWD("for=\"192.0.2.1") }, "-" },
    { { FWD("for=192.0.2.1;for=192.0.2.2") }, "-" },
    { { FWD("for") }, "-" },
    { { FWD("for=") }, "-" },
    { { FWD("=192.0.2.1") }, "-" },
    { { FWD("for=192.0.2.1 proto=https") }, "-" },
    { { FWD("for=\"192.0.2.1\"x") }, "-" },
    { { FWD("for=198.51.100.7;\""), FWD("for=192.0.2.1") }, "192.0.2.1" },
    { { FWD(";;for=192.0.2.1;;,,") }, "192.0.2.1" },
    /* both */
    { { FWD("for=192.0.2.1;proto=https"), XFF("192.0.2.1"), XFP("https") }, "192.0.2.1 https" },
    { { FWD("for=192.0.2.1;proto=https"), XFF("192.0.2.1"), XFP("http") }, "192.0.2.1" },
    { { FWD("for=192.0.2.1;proto=https"), XFF("198.51.100.7") }, "!" },
    { { FWD("for=unknown"), XFF("198.51.100.7") }, "!" },
};

static void check_client(size_t row, const struct mocket_networks *trusted)
{
    struct mocket_fields fields = { 0 };
    for (size_t i = 0; client_rows[row].fields[i] != NULL; i += 2)
        assert_int_equal(mocket__fields_add(&fields, &arena, mocket__span(client_rows[row].fields[i]),
                                            mocket__span(client_rows[row].fields[i + 1])),
                         0);
    struct mocket_forwarded f = mocket__forwarded(&fields, trusted);
    char text[MOCKET_ADDRESS_TEXT + 10], address[MOCKET_ADDRESS_TEXT] = "-";
    if (f.has_address)
        mocket__address_text(&f.address, address);
    snprintf(text, sizeof(text), "%s%s", f.conflict ? "!" : address, !f.has_scheme ? "" : f.https ? " https" : " http");
    unit_same(mocket__span(text), mocket__span(client_rows[row].want), row);
}

static void test_client(void **state)
{
    struct mocket_networks trusted = { 0 };
    (void)state;
    assert_int_equal(mocket__networks_add(&trusted, &arena, MOCKET_SPAN("10.0.0.0/8, ::1")), 0);
    for (size_t i = 0; i < UNIT_COUNT(client_rows); i++)
        check_client(i, &trusted);
}

/* A value may end anywhere. */
static void test_every_beginning(void **state)
{
    static const char value[] = "host=\"x\\\",y\" ; for=\"[2001:db8::7]:4711\";proto=https, for=10.0.0.1";
    struct mocket_networks trusted = { 0 };
    (void)state;
    for (size_t len = 0; len < sizeof(value); len++) {
        struct unit_guard g = unit_guarded((mocket_span){ value, len });
        struct mocket_field rows[] = { { MOCKET_SPAN("forwarded"), g.span },
                                       { MOCKET_SPAN("x-forwarded-for"), g.span } };
        struct mocket_fields fields = { .rows = rows, .count = 2, .cap = 2 };
        struct mocket_forwarded f = mocket__forwarded(&fields, &trusted);
        assert_false(f.has_address && f.conflict);
        unit_unguard(&g);
    }
}

static int setup(void **state)
{
    (void)state;
    mocket__arena_init(&arena, 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    mocket__arena_release(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_networks, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lists_add_up, setup, teardown),
        cmocka_unit_test_setup_teardown(test_client, setup, teardown),
        cmocka_unit_test_setup_teardown(test_every_beginning, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
