#include "src/wire/ws_accept.h"
#include "unit.h"

static void test_accept(void **state)
{
    char accept[MOCKET_WS_ACCEPT_LEN + 1];
    (void)state;
    mocket__ws_accept(MOCKET_SPAN("dGhlIHNhbXBsZSBub25jZQ=="), accept); /* RFC 6455, section 1.3 */
    assert_string_equal(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

static void test_answer(void **state)
{
    static struct mocket_field rows[] = {
        { UNIT_ROW("Set-Cookie"), UNIT_ROW("a=b") },
        { UNIT_ROW("sec-websocket-protocol"), UNIT_ROW("chat") },
        { UNIT_ROW("Sec-WebSocket-Accept"), UNIT_ROW("mine") },
        { UNIT_ROW("Sec-WebSocket-Extensions"), UNIT_ROW("permessage-deflate") },
        { UNIT_ROW("Connection"), UNIT_ROW("close") },
        { UNIT_ROW("Transfer-Encoding"), UNIT_ROW("chunked") },
        { UNIT_ROW("Content-Length"), UNIT_ROW("5") },
        { UNIT_ROW("X-Empty"), UNIT_ROW("") },
    };
    struct mocket_fields fields = { rows, UNIT_COUNT(rows), UNIT_COUNT(rows) };
    struct mocket_buf out = { 0 };
    (void)state;
    mocket__ws_write_answer(&out, MOCKET_SPAN("dGhlIHNhbXBsZSBub25jZQ=="), &fields);
    unit_same(mocket__buf_view(&out),
              MOCKET_SPAN("HTTP/1.1 101 Switching Protocols\r\n"
                          "Upgrade: websocket\r\n"
                          "Connection: Upgrade\r\n"
                          "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
                          "Set-Cookie: a=b\r\n"
                          "sec-websocket-protocol: chat\r\n"
                          "X-Empty: \r\n"
                          "\r\n"),
              0);
    mocket__buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_accept), cmocka_unit_test(test_answer) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
