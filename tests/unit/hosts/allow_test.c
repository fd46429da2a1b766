/* Rules of --allow-net, against names and addresses in honest and hostile spellings. */
#include "tests/unit/unit.h"

#include <arpa/inet.h>

#include "hosts/c/guest/allow.h"

struct rules {
    struct guest_net rows[8];
    struct guest_nets nets;
};

/* Of a list with blanks between. */
static void make(struct rules *r, const char *list)
{
    char copy[256];
    const char *why;
    snprintf(copy, sizeof copy, "%s", list);
    *r = (struct rules){ .nets = { .rows = r->rows } };
    for (char *save, *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save))
        assert_int_equal(guest_net_parse(word, &r->rows[r->nets.count++], &why), 0);
}

static struct sockaddr_storage address_of(const char *text)
{
    struct sockaddr_storage s = { 0 };
    if (inet_pton(AF_INET, text, &((struct sockaddr_in *)&s)->sin_addr) == 1)
        s.ss_family = AF_INET;
    else if (inet_pton(AF_INET6, text, &((struct sockaddr_in6 *)&s)->sin6_addr) == 1)
        s.ss_family = AF_INET6;
    else
        fail_msg("%s is no address", text);
    return s;
}

static void reads_rules(void **state)
{
    (void)state;
    static const char *const good[] = {
        "all",           "all:443",         "example.com",   "EXAMPLE.com.", "example.com:8080",
        "*.example.com", "*.example.com:1", "localhost",     "localhost:80", "10.0.0.0/8",
        "10.0.0.1",      "10.0.0.1:65535",  "10.0.0.0/8:80", "::1",          "[::1]",
        "[::1]:80",      "fd00::/8",        "[fd00::/8]:5",  "unix",         "xn--bcher-kva.ch",
        "a_b.example",   "1.example",       "0.0.0.0/0",     "::/0",
    };
    static const char *const bad[] = {
        "",
        ":80",
        "*",
        "*.",
        "*:80",
        "a*.example",
        "*.*.example",
        "http://a",
        "a/b",
        "a:0",
        "a:65536",
        "a:",
        "a:-1",
        "a:80:80",
        "a:8o",
        "11.0.0.0/7",
        "10.0.0.1/8",
        "10.0.0.0/33",
        "256.0.0.1",
        "0x7f.1",
        "127.1",
        "2130706433",
        "[::1",
        "[::1]80",
        "[::1]:0",
        "fd00::/8:5",
        "a..example",
        ".example",
        "user@a",
        "a%2eb",
        "b\xc3\xbc.de",
        "a b",
        "10.0.0.0/8,::1",
        "*.10.0.0.1",
        "[example.com]",
        "fe80::1%eth0",
    };
    struct guest_net rule;
    const char *why = NULL;
    for (size_t i = 0; i < UNIT_COUNT(good); i++)
        unit_equal(guest_net_parse(good[i], &rule, &why), 0, i);
    for (size_t i = 0; i < UNIT_COUNT(bad); i++) {
        unit_equal(guest_net_parse(bad[i], &rule, &why), MOCKET_EINVAL, i);
        assert_true(why && why[0]);
    }
    char long_name[400] = "";
    for (int i = 0; i < 32; i++)
        strcat(long_name, "abcdefg.");
    unit_equal(guest_net_parse(strcat(long_name, "example"), &rule, &why), MOCKET_EINVAL, 0);
    unit_equal(guest_net_parse("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.de", &rule, &why),
               MOCKET_EINVAL, 1);
}

/* Rules, a URL's host and port, an address that it is to be connected to (NULL: the name alone), and whether. */
static const struct {
    const char *rules, *host;
    unsigned port;
    const char *address;
    bool yes;
} table[] = {
    /* nothing is granted */
    { "", "example.com", 80, NULL, false },
    { "", "93.184.216.34", 80, "93.184.216.34", false },
    /* a name, in its spellings */
    { "example.com", "example.com", 80, NULL, true },
    { "example.com", "example.com", 65535, "93.184.216.34", true },
    { "example.com", "EXAMPLE.Com", 80, NULL, true },
    { "Example.COM.", "example.com.", 80, NULL, true },
    { "example.com", "example.com..", 80, NULL, false },
    { "example.com", ".example.com", 80, NULL, false },
    { "example.com", "", 80, NULL, false },
    { "example.com", ".", 80, NULL, false },
    { "example.com", "ex%61mple.com", 80, NULL, false },
    { "example.com", "example.com%2e", 80, NULL, false },
    { "example.com", "example.com@evil.example", 80, NULL, false },
    { "example.com", "evil.example#example.com", 80, NULL, false },
    { "example.com", "example.com\\evil", 80, NULL, false },
    { "example.com", "a.example.com", 80, NULL, false },
    { "example.com", "notexample.com", 80, NULL, false },
    { "example.com", "example.co", 80, NULL, false },
    { "example.com", "[example.com]", 80, NULL, false },
    { "example.com", "example.com", 0, NULL, false },
    /* ports */
    { "example.com:8080", "example.com", 8080, NULL, true },
    { "example.com:8080", "example.com", 80, NULL, false },
    { "example.com:80 example.com:443", "example.com", 443, "93.184.216.34", true },
    /* names below a name */
    { "*.example.com", "a.example.com", 80, NULL, true },
    { "*.example.com", "a.b.example.com", 80, "93.184.216.34", true },
    { "*.example.com", "example.com", 80, NULL, false },
    { "*.example.com", ".example.com", 80, NULL, false },
    { "*.example.com", "xexample.com", 80, NULL, false },
    { "*.example.com:443", "a.example.com", 80, NULL, false },
    /* a name that was granted and leads inside */
    { "example.com", "example.com", 80, "127.0.0.1", false },
    { "example.com", "example.com", 80, "127.255.255.254", false },
    { "example.com", "example.com", 80, "0.0.0.0", false },
    { "example.com", "example.com", 80, "10.1.2.3", false },
    { "example.com", "example.com", 80, "172.16.0.1", false },
    { "example.com", "example.com", 80, "172.31.255.255", false },
    { "example.com", "example.com", 80, "172.32.0.1", true },
    { "example.com", "example.com", 80, "192.168.1.1", false },
    { "example.com", "example.com", 80, "169.254.169.254", false },
    { "example.com", "example.com", 80, "100.64.0.1", false },
    { "example.com", "example.com", 80, "100.128.0.1", true },
    { "example.com", "example.com", 80, "198.19.0.1", false },
    { "example.com", "example.com", 80, "224.0.0.1", false },
    { "example.com", "example.com", 80, "255.255.255.255", false },
    { "example.com", "example.com", 80, "::", false },
    { "example.com", "example.com", 80, "::1", false },
    { "example.com", "example.com", 80, "::127.0.0.1", false },
    { "example.com", "example.com", 80, "::ffff:127.0.0.1", false },
    { "example.com", "example.com", 80, "::ffff:10.0.0.1", false },
    { "example.com", "example.com", 80, "::ffff:93.184.216.34", true },
    { "example.com", "example.com", 80, "64:ff9b::10.0.0.1", false },
    { "example.com", "example.com", 80, "64:ff9b::93.184.216.34", true },
    { "example.com", "example.com", 80, "64:ff9b:1::1", false },
    { "example.com", "example.com", 80, "2002:7f00:1::", false },
    { "example.com", "example.com", 80, "2001:0:1::", false },
    { "example.com", "example.com", 80, "2001:db8::1", false },
    { "example.com", "example.com", 80, "fe80::1", false },
    { "example.com", "example.com", 80, "fd12:3456::1", false },
    { "example.com", "example.com", 80, "fec0::1", false },
    { "example.com", "example.com", 80, "ff02::1", false },
    { "example.com", "example.com", 80, "2606:2800:220:1::1", true },
    /* unless the address is granted beside it */
    { "example.com 10.0.0.0/8", "example.com", 80, "10.1.2.3", true },
    { "example.com 10.0.0.0/8", "example.com", 80, "11.1.2.3", true },
    { "example.com 10.0.0.0/8:443", "example.com", 80, "10.1.2.3", false },
    { "example.com [::1]:80", "example.com", 80, "::1", true },
    { "10.0.0.0/8", "example.com", 80, NULL, false },
    /* addresses */
    { "10.0.0.0/8", "10.1.2.3", 80, "10.1.2.3", true },
    { "10.0.0.0/8", "11.1.2.3", 80, "11.1.2.3", false },
    { "10.0.0.1", "10.0.0.1", 1, NULL, true },
    { "10.0.0.1", "10.0.0.1.", 80, NULL, false },
    { "127.0.0.1:8080", "127.0.0.1", 8080, "127.0.0.1", true },
    { "127.0.0.1:8080", "127.0.0.1", 8081, "127.0.0.1", false },
    { "127.0.0.1:8080", "localhost", 8080, NULL, false },
    { "127.0.0.1", "[::ffff:127.0.0.1]", 80, "::ffff:127.0.0.1", true },
    { "127.0.0.1", "[::1]", 80, "::1", false },
    { "[::1]", "::1", 80, "::1", true },
    { "[::1]", "[::1]", 80, "::1", true },
    { "[::1]", "[0:0::1]", 80, "::1", true },
    { "[fd00::/8]:80", "[fd12::1]", 80, "fd12::1", true },
    { "::/0", "[fd12::1]", 80, "fd12::1", true },
    { "::/0", "127.0.0.1", 80, "127.0.0.1", false },
    { "fe80::/10", "[fe80::1%25eth0]", 80, NULL, false },
    { "8.8.8.8", "8.8.8.8", 80, "8.8.4.4", false },
    { "0.0.0.0/0", "127.0.0.1", 80, "127.0.0.1", true },
    { "0.0.0.0/0", "[::1]", 80, "::1", false },
    /* what resolvers take for an address */
    { "all 127.0.0.0/8", "0x7f.1", 80, "127.0.0.1", false },
    { "all 127.0.0.0/8", "0177.0.0.1", 80, "127.0.0.1", false },
    { "all 127.0.0.0/8", "127.1", 80, "127.0.0.1", false },
    { "all 127.0.0.0/8", "2130706433", 80, "127.0.0.1", false },
    { "all", "127.0.0.1.", 80, NULL, false },
    /* localhost */
    { "localhost", "localhost", 80, "127.0.0.1", true },
    { "localhost:80", "LOCALHOST.", 80, "::1", true },
    { "localhost:80", "localhost", 81, "127.0.0.1", false },
    { "localhost", "localhost", 80, "::ffff:127.0.0.1", true },
    { "localhost", "localhost", 80, "10.0.0.1", false },
    { "localhost", "localhost", 80, "93.184.216.34", false },
    { "localhost", "127.0.0.1", 80, NULL, false },
    { "localhost", "a.localhost", 80, NULL, false },
    { "*.localhost", "a.localhost", 80, "127.0.0.1", false },
    { "all", "localhost", 80, "127.0.0.1", false },
    { "all 127.0.0.1", "localhost", 80, "127.0.0.1", true },
    /* all */
    { "all", "example.com", 80, "93.184.216.34", true },
    { "all", "93.184.216.34", 80, "93.184.216.34", true },
    { "all", "10.0.0.1", 80, NULL, false },
    { "all", "example.com", 80, "10.0.0.1", false },
    { "all", "[::ffff:10.0.0.1]", 80, NULL, false },
    { "all:443", "example.com", 80, NULL, false },
    { "all:443", "example.com", 443, "93.184.216.34", true },
};

static void answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(table); i++) {
        struct rules r;
        make(&r, table[i].rules);
        mocket_span host = mocket__span(table[i].host);
        uint16_t port = (uint16_t)table[i].port;
        bool yes = guest_nets_allow_name(&r.nets, host, port);
        if (table[i].address) {
            struct sockaddr_storage address = address_of(table[i].address);
            yes = guest_nets_allow(&r.nets, host, port, (struct sockaddr *)&address);
        }
        if (yes != table[i].yes)
            print_error("%s for %s:%u at %s\n", table[i].rules, table[i].host, table[i].port,
                        table[i].address ? table[i].address : "no address");
        unit_equal(yes, table[i].yes, i);
    }
    assert_false(guest_nets_allow_name(NULL, MOCKET_SPAN("example.com"), 80));
    struct rules r;
    make(&r, "all ::/0");
    struct sockaddr local = { .sa_family = AF_UNIX };
    assert_false(guest_nets_allow(&r.nets, MOCKET_SPAN("example.com"), 80, &local));
}

/* What a rule is missing can be given as it is. */
static void names_what_is_missing(void **state)
{
    (void)state;
    static const struct {
        const char *host, *address, *rule;
    } rows[] = {
        { "example.com", NULL, "example.com:80" },
        { "example.com", "127.0.0.1", "127.0.0.1:80" },
        { "example.com", "::ffff:10.0.0.1", "10.0.0.1:80" },
        { "example.com", "fd00::1", "[fd00::1]:80" },
        { "[::1]", NULL, "[::1]:80" },
        { "::1", NULL, "[::1]:80" },
    };
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        struct sockaddr_storage address = address_of(rows[i].address ? rows[i].address : "::");
        struct mocket_buf text = { 0 };
        struct guest_net rule;
        const char *why;
        guest_net_missing(&text, mocket__span(rows[i].host), 80, rows[i].address ? (struct sockaddr *)&address : NULL);
        unit_same(mocket__buf_view(&text), mocket__span(rows[i].rule), i);
        unit_equal(guest_net_parse(rows[i].rule, &rule, &why), 0, i);
        mocket__buf_release(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_rules),
        cmocka_unit_test(answers),
        cmocka_unit_test(names_what_is_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
