/* Which origins are the same, and which lie at the authority that a request names. */
#include "src/http/origin.h"
#include "unit.h"

static const struct {
    const char *a, *b;
    bool same;
} pairs[] = {
    { "https://a.example", "https://a.example", true },
    { "https://a.example", "https://a.example:443", true },
    { "http://a.example:80", "http://a.example", true },
    { "wss://a.example:443", "wss://a.example", true },
    { "HTTPS://A.Example", "https://a.example", true },
    { "https://a.example:0443", "https://a.example", true },
    { "https://[::1]", "https://[::1]:443", true },
    { "https://[::1]:443", "https://[0:0:0:0:0:0:0:1]", true },
    { "https://[2001:DB8::a]", "https://[2001:db8:0::000A]", true },
    { "https://[::ffff:1.2.3.4]", "https://[::ffff:102:304]", true },
    { "app:80", "app:80", true },
    { "null", "null", true },
    { "app://x", "app://X", true },
    { "app://x", "app://x:1", false },
    { "null", "NULL", false },
    { "https://a.example", "http://a.example", false },
    { "https://a.example:80", "http://a.example:80", false },
    { "https://a.example", "https://a.example:8443", false },
    { "https://a.example", "https://b.a.example", false },
    { "https://a.example", "https://a.example.", false },
    { "https://a.example", "https://a.example/", false },
    { "https://a.example", "https://a.example:443/", false },
    { "https://a.example", "https://u@a.example", false },
    { "https://a.example", "//a.example", false },
    { "https://a.example", "", false },
    { "https://[::1]", "https://::1", false },
    { "https://[::1]", "https://[::2]", false },
    { "https://[::1]:80", "https://[::1:80]", false },
    { "https://a.example", "https://a.example:443:443", false },
    { "https://a.example", "https://a.example:65979", false }, /* 443 beyond 16 bits */
};

static void test_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(pairs); i++) {
        unit_equal(mocket_same_origin(pairs[i].a, pairs[i].b), pairs[i].same, i);
        unit_equal(mocket_same_origin(pairs[i].b, pairs[i].a), pairs[i].same, i);
    }
}

static const struct {
    mocket_span origin, authority;
    bool plain, tls; /* is it there, for a request that came without and with TLS? */
} places[] = {
    { UNIT_ROW("https://a.example"), UNIT_ROW("a.example"), true, true },
    { UNIT_ROW("https://a.example"), UNIT_ROW("A.example:443"), true, true },
    { UNIT_ROW("https://a.example:443"), UNIT_ROW("a.example"), true, true },
    { UNIT_ROW("http://a.example"), UNIT_ROW("a.example:80"), true, true },
    { UNIT_ROW("http://a.example"), UNIT_ROW("a.example"), true, false },
    { UNIT_ROW("http://a.example:443"), UNIT_ROW("a.example"), false, true },
    { UNIT_ROW("https://a.example"), UNIT_ROW("a.example:80"), false, false },
    { UNIT_ROW("https://a.example:8443"), UNIT_ROW("a.example:8443"), true, true },
    { UNIT_ROW("https://a.example:8443"), UNIT_ROW("a.example"), false, false },
    { UNIT_ROW("https://[::1]"), UNIT_ROW("[0::1]:443"), true, true },
    { UNIT_ROW("http://[::1]:4000"), UNIT_ROW("[::1]:4000"), true, true },
    { UNIT_ROW("http://[::1]"), UNIT_ROW("[::1]:4000"), false, false },
    { UNIT_ROW("app://a.example"), UNIT_ROW("a.example"), false, false },
    { UNIT_ROW("null"), UNIT_ROW("null"), false, false },
    { UNIT_ROW("https://"), UNIT_ROW(""), false, false },
    { UNIT_ROW("https://a.example"), UNIT_ROW(""), false, false },
    { UNIT_ROW(""), UNIT_ROW(""), false, false },
    { UNIT_ROW("https"), UNIT_ROW("https"), false, false },
    { UNIT_ROW("https:"), UNIT_ROW("https:"), false, false },
    { UNIT_ROW("https:/"), UNIT_ROW("https"), false, false },
};

static void test_places(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(places); i++) {
        struct unit_guard origin = unit_guarded(places[i].origin), authority = unit_guarded(places[i].authority);
        unit_equal(mocket__origin_is_at(origin.span, authority.span, false), places[i].plain, i);
        unit_equal(mocket__origin_is_at(origin.span, authority.span, true), places[i].tls, i);
        unit_unguard(&origin);
        unit_unguard(&authority);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_same), cmocka_unit_test(test_places) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
