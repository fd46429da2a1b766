/* Counting by address, and what is an address to listen on. */
#include "src/backend/native/server/addresses.h"
#include "src/backend/native/server/listener.h"
#include "unit.h"

static struct mocket_address of(const char *text)
{
    struct mocket_address a;
    assert_true(mocket__address_parse(&a, mocket__span(text)));
    return a;
}

static bool enter(struct mocket_addresses *t, const char *text)
{
    struct mocket_address a = of(text);
    return mocket__addresses_enter(t, &a);
}

static void leave(struct mocket_addresses *t, const char *text)
{
    struct mocket_address a = of(text);
    mocket__addresses_leave(t, &a);
}

static void test_counts(void **state)
{
    struct mocket_addresses *t = mocket__addresses_new(2);
    (void)state;
    assert_true(enter(t, "192.0.2.1") && enter(t, "192.0.2.1"));
    assert_false(enter(t, "192.0.2.1"));
    assert_false(enter(t, "::ffff:192.0.2.1"));
    assert_true(enter(t, "192.0.2.2"));
    leave(t, "192.0.2.1");
    assert_true(enter(t, "192.0.2.1"));
    assert_false(enter(t, "192.0.2.1"));
    leave(t, "198.51.100.1"); /* never came */
    mocket__addresses_free(t);
    mocket__addresses_free(NULL);
}

static void test_ipv6_by_64(void **state)
{
    struct mocket_addresses *t = mocket__addresses_new(1);
    (void)state;
    assert_true(enter(t, "2001:db8::1"));
    assert_false(enter(t, "2001:db8::ffff:2"));
    assert_true(enter(t, "2001:db8:0:1::1"));
    leave(t, "2001:db8::1");
    assert_true(enter(t, "2001:db8::3"));
    mocket__addresses_free(t);
}

static void test_many(void **state)
{
    struct mocket_addresses *t = mocket__addresses_new(1);
    struct mocket_address a = of("10.0.0.0");
    (void)state;
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < 20000; i++) {
            a.bytes[13] = (unsigned char)(i >> 8);
            a.bytes[14] = (unsigned char)i;
            assert_true(mocket__addresses_enter(t, &a));
            assert_false(mocket__addresses_enter(t, &a));
        }
        for (unsigned i = 0; i < 20000; i++) {
            a.bytes[13] = (unsigned char)(i >> 8);
            a.bytes[14] = (unsigned char)i;
            mocket__addresses_leave(t, &a);
        }
    }
    mocket__addresses_free(t);
}

static void test_of_sockets(void **state)
{
    struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0xc0000201) };
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
    struct mocket_address a;
    char text[MOCKET_ADDRESS_TEXT];
    (void)state;
    mocket__address_of(&a, (struct sockaddr *)&v4);
    assert_string_equal(mocket__address_text(&a, text).ptr, "192.0.2.1");
    mocket__address_of(&a, (struct sockaddr *)&v6);
    assert_string_equal(mocket__address_text(&a, text).ptr, "::1");
}

/* ---- Listeners ---- */

static const char *const bad[] = {
    "",      ":",     "4000",   "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:+1",       "127.0.0.1:1 ",
    "::1:1", "[::1]", "[::1]1", "[::1:1",    "[]:1",       "[1.2.3.4]:1",     "127.0.0.1:00000001", "unix:",
};

static void test_bad_addresses(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(bad); i++) {
        struct mocket_listener l;
        char problem[MOCKET_PROBLEM_LEN] = "";
        unit_equal(mocket__listener_open(&l, bad[i], 1, problem), MOCKET_EINVAL, i);
        unit_equal(problem[0] != '\0', true, i);
        unit_equal(l.fds == NULL, true, i); /* nothing to close */
    }
}

static void test_one_port_for_all_workers(void **state)
{
    struct mocket_listener l, second;
    char problem[MOCKET_PROBLEM_LEN];
    (void)state;
    assert_int_equal(mocket__listener_open(&l, "127.0.0.1:0", 3, problem), 0);
    for (int i = 0; i < 3; i++) {
        struct sockaddr_in sa;
        socklen_t len = sizeof(sa);
        char url[64];
        assert_int_equal(getsockname(l.fds[i], (struct sockaddr *)&sa, &len), 0);
        snprintf(url, sizeof(url), "http://127.0.0.1:%d", ntohs(sa.sin_port));
        assert_string_equal(url, l.url);
    }
    assert_int_equal(mocket__listener_open(&second, l.url + 7, 2, problem), MOCKET_ESTATE); /* taken */
    assert_non_null(strstr(problem, l.url + 7));
    mocket__listener_close(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts),        cmocka_unit_test(test_ipv6_by_64),
        cmocka_unit_test(test_many),          cmocka_unit_test(test_of_sockets),
        cmocka_unit_test(test_bad_addresses), cmocka_unit_test(test_one_port_for_all_workers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
