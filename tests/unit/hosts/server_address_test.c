/* Addresses of the target wasi-server: what is an address, and its text. inet_pton and inet_ntop know. */
#include <arpa/inet.h>

#include "hosts/adapter/wasi_server/address.c"
#include "tests/unit/unit.h"

static void agree(const char *text)
{
    struct server_address a = { .port = 80 };
    unsigned char wanted[16] = { 0 };
    char short_form[INET6_ADDRSTRLEN], with_port[SERVER_ADDRESS_TEXT + 8], room[SERVER_ADDRESS_TEXT];
    bool ipv6 = strchr(text, ':') != NULL;
    bool valid = inet_pton(ipv6 ? AF_INET6 : AF_INET, text, wanted) == 1;
    assert_int_equal(server_address_parse(&a, mocket__span(text)), valid);
    if (!valid)
        return;
    assert_int_equal(a.ipv6, ipv6);
    assert_memory_equal(a.bytes, wanted, ipv6 ? 16 : 4);
    inet_ntop(ipv6 ? AF_INET6 : AF_INET, wanted, short_form, sizeof short_form);
    mocket_span got = server_address_text(&a, room);
    assert_int_equal(got.len, strlen(short_form));
    assert_memory_equal(got.ptr, short_form, got.len);
    snprintf(with_port, sizeof with_port, ipv6 ? "[%s]:80" : "%s:80", short_form);
    got = server_address_with_port(&a, room);
    assert_int_equal(got.len, strlen(with_port));
    assert_memory_equal(got.ptr, with_port, got.len);
}

static void valid_addresses(void **state)
{
    static const char *const texts[] = { "0.0.0.0",
                                         "127.0.0.1",
                                         "255.255.255.255",
                                         "::",
                                         "::1",
                                         "1::",
                                         "fe80::1:2",
                                         "1:2:3:4:5:6:7:8",
                                         "1:0:0:4:0:0:0:8",
                                         "0:0:1::",
                                         "2001:DB8::a",
                                         "1:0:2:3:4:5:6:7",
                                         "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        agree(texts[i]);
}

static void malformed_addresses(void **state)
{
    static const char *const texts[] = { "",
                                         ".",
                                         "1.2.3",
                                         "1.2.3.4.5",
                                         "1.2.3.256",
                                         "01.2.3.4",
                                         "1.2.3.",
                                         "1..3.4",
                                         "a.b.c.d",
                                         " 1.2.3.4",
                                         ":",
                                         ":::",
                                         "1:",
                                         ":1",
                                         "1::2::3",
                                         "1:2:3:4:5:6:7",
                                         "12345::",
                                         "1:2:3:4:5:6:7:8:9",
                                         "1:2:3:4:5:6:7::8",
                                         "g::",
                                         "::1 ",
                                         "[::1]" };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        agree(texts[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(valid_addresses), cmocka_unit_test(malformed_addresses) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
