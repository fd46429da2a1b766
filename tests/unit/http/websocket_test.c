/* Which requests are handshakes (RFC 6455, section 4.2.1). */
#include "unit.h"

#include "src/http/websocket.h"

static void test_check(void **state)
{
    (void)state;
    static const struct {
        const char *version, *key, *again; /* a second row of that name */
        bool upgrade;
        int status;
    } rows[] = {
        { "13", "dGhlIHNhbXBsZSBub25jZQ==", NULL, true, 0 },
        { "13", "AAAAAAAAAAAAAAAAAAAAAA==", NULL, true, 0 },
        { "13", "++++////zzzz0000ZZZZ99==", NULL, true, 0 },
        { "13", "dGhlIHNhbXBsZSBub25jZQ==", NULL, false, 426 },
        { "13", "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version", true, 426 },
        { "13", "dGhlIHNhbXBsZSBub25jZQ==", "sec-websocket-KEY", true, 400 },
        { "12", "dGhlIHNhbXBsZSBub25jZQ==", NULL, true, 426 },
        { "013", "dGhlIHNhbXBsZSBub25jZQ==", NULL, true, 426 },
        { "13, 8", "dGhlIHNhbXBsZSBub25jZQ==", NULL, true, 426 },
        { "", "dGhlIHNhbXBsZSBub25jZQ==", NULL, true, 426 },
        { NULL, "dGhlIHNhbXBsZSBub25jZQ==", NULL, true, 426 },
        { "13", NULL, NULL, true, 400 },
        { "13", "", NULL, true, 400 },
        { "13", "dGhlIHNhbXBsZSBub25jZQ=", NULL, true, 400 },
        { "13", "dGhlIHNhbXBsZSBub25jZQ===", NULL, true, 400 },
        { "13", "dGhlIHNhbXBsZSBub25jZQAA", NULL, true, 400 },
        { "13", "dGhlIHNhbXBsZSBub25jZ===", NULL, true, 400 },
        { "13", "dGhlIHNhbXBsZSBub25j*Q==", NULL, true, 400 },
    };
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        struct mocket_arena a;
        struct mocket_message msg = { .flags = rows[i].upgrade ? MOCKET_MESSAGE_UPGRADE : 0 };
        mocket__arena_init(&a, 0);
        struct unit_guard g = unit_guarded(mocket__span(rows[i].key ? rows[i].key : ""));
        if (rows[i].version)
            mocket__fields_add(&msg.fields, &a, MOCKET_SPAN("Sec-WebSocket-Version"), mocket__span(rows[i].version));
        if (rows[i].key)
            mocket__fields_add(&msg.fields, &a, MOCKET_SPAN("Sec-WebSocket-Key"), g.span);
        if (rows[i].again)
            mocket__fields_add(&msg.fields, &a, mocket__span(rows[i].again), MOCKET_SPAN("13"));
        unit_equal(mocket__ws_check(&msg), rows[i].status, i);
        unit_unguard(&g);
        mocket__arena_release(&a);
    }
}

/* A host that has checked a handshake says so: version and key may be missing then, a body may not be there. */
static void test_vouched(void **state)
{
    (void)state;
    struct mocket_message msg = { .flags = MOCKET_MESSAGE_VOUCHED };
    assert_int_equal(mocket__ws_check(&msg), 426); /* it still has to be a handshake */
    msg.flags |= MOCKET_MESSAGE_UPGRADE;
    assert_int_equal(mocket__ws_check(&msg), 0);
    msg.body_len = 5;
    assert_int_equal(mocket__ws_check(&msg), 400);
    msg.body_len = -1;
    assert_int_equal(mocket__ws_check(&msg), 400);
}

/* Frames begin where the head ends: a body, of whatever length, would be frames. */
static void test_body(void **state)
{
    static const int64_t lens[] = { 0, 5, -1 };
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(lens); i++) {
        struct mocket_arena a;
        struct mocket_message msg = { .flags = MOCKET_MESSAGE_UPGRADE, .body_len = lens[i] };
        mocket__arena_init(&a, 0);
        mocket__fields_add(&msg.fields, &a, MOCKET_SPAN("Sec-WebSocket-Version"), MOCKET_SPAN("13"));
        mocket__fields_add(&msg.fields, &a, MOCKET_SPAN("Sec-WebSocket-Key"), MOCKET_SPAN("dGhlIHNhbXBsZSBub25jZQ=="));
        unit_equal(mocket__ws_check(&msg), lens[i] == 0 ? 0 : 400, i);
        mocket__arena_release(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_check),
        cmocka_unit_test(test_vouched),
        cmocka_unit_test(test_body),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
