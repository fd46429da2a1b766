/* What a redirect changes: by status and method, by name of a field. */
#include "src/http/redirect.h"
#include "unit.h"

static void statuses_that_are_followed(void **state)
{
    static const int followed[] = { 301, 302, 303, 307, 308 };
    size_t at = 0;
    (void)state;
    for (int status = 100; status < 1000; status++) {
        bool wanted = at < UNIT_COUNT(followed) && status == followed[at];
        at += wanted;
        unit_equal(mocket__is_redirect(status), wanted, (size_t)status);
    }
    assert_int_equal(at, UNIT_COUNT(followed));
}

static void methods_that_become_get(void **state)
{
    static const struct {
        int status;
        mocket_span method;
        bool is_get;
    } rows[] = {
        { 301, UNIT_ROW("POST"), true },  { 302, UNIT_ROW("POST"), true },     { 303, UNIT_ROW("POST"), true },
        { 307, UNIT_ROW("POST"), false }, { 308, UNIT_ROW("POST"), false },    { 301, UNIT_ROW("PUT"), false },
        { 302, UNIT_ROW("HEAD"), false }, { 303, UNIT_ROW("PUT"), true },      { 303, UNIT_ROW("DELETE"), true },
        { 303, UNIT_ROW("HEAD"), false }, { 303, UNIT_ROW("GET"), false },     { 302, UNIT_ROW("GET"), false },
        { 301, UNIT_ROW("post"), false }, { 303, UNIT_ROW("PROPFIND"), true },
    };
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(rows); i++)
        unit_equal(mocket__redirect_is_get(rows[i].status, rows[i].method), rows[i].is_get, i);
}

static void fields_that_are_left_out(void **state)
{
    static const struct {
        mocket_span name;
        bool of_body, secret;
    } rows[] = {
        { UNIT_ROW("Content-Type"), true, false },
        { UNIT_ROW("content-length"), true, false },
        { UNIT_ROW("CONTENT-"), true, false },
        { UNIT_ROW("Content"), false, false },
        { UNIT_ROW("X-Content-Type"), false, false },
        { UNIT_ROW("Authorization"), false, true },
        { UNIT_ROW("cookie"), false, true },
        { UNIT_ROW("Proxy-Authorization"), false, true },
        { UNIT_ROW("Cookie2"), false, false },
        { UNIT_ROW("Accept"), false, false },
        { UNIT_ROW(""), false, false },
    };
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        unit_equal(mocket__redirect_needs_body(rows[i].name), rows[i].of_body, i);
        unit_equal(mocket__redirect_is_secret(rows[i].name), rows[i].secret, i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statuses_that_are_followed),
        cmocka_unit_test(methods_that_become_get),
        cmocka_unit_test(fields_that_are_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
