#include "src/http/method.h"
#include "unit.h"

static void test_both_ways(void **state)
{
    (void)state;
    for (unsigned i = 1; i < MOCKET_METHOD_COUNT; i++) {
        struct unit_guard g = unit_guarded(mocket__method_text(i));
        assert_true(g.span.len > 0);
        assert_int_equal(mocket__method_of(g.span), i);
        unit_unguard(&g);
    }
    unit_same(mocket__method_text(1), MOCKET_SPAN("GET"), 0);
    unit_same(mocket__method_text(9), MOCKET_SPAN("PATCH"), 1);
}

static void test_others(void **state)
{
    (void)state;
    static const mocket_span others[] = {
        UNIT_ROW(""),      UNIT_ROW("get"),      UNIT_ROW("Get"),   UNIT_ROW("GE"),  UNIT_ROW("GETS"), UNIT_ROW("*"),
        UNIT_ROW("QUERY"), UNIT_ROW("PROPFIND"), UNIT_ROW("GET\0"), UNIT_ROW("PUS"), { NULL, 0 },
    };
    for (size_t i = 0; i < UNIT_COUNT(others); i++)
        unit_equal(mocket__method_of(others[i]), MOCKET_METHOD_OTHER, i);
    assert_null(mocket__method_text(0).ptr);
    assert_null(mocket__method_text(MOCKET_METHOD_COUNT).ptr);
    assert_null(mocket__method_text(0xFFFFFFFF).ptr);
}

static void test_idempotent(void **state)
{
    (void)state;
    static const char *const yes[] = { "GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE" };
    static const char *const no[] = { "POST", "PATCH", "CONNECT", "QUERY", "get", "" };
    for (size_t i = 0; i < UNIT_COUNT(yes); i++)
        unit_equal(mocket__method_is_idempotent(mocket__span(yes[i])), true, i);
    for (size_t i = 0; i < UNIT_COUNT(no); i++)
        unit_equal(mocket__method_is_idempotent(mocket__span(no[i])), false, i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_ways),
        cmocka_unit_test(test_others),
        cmocka_unit_test(test_idempotent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
