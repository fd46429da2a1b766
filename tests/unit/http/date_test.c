#include "src/http/date.h"
#include "unit.h"

static const struct {
    int64_t time_s;
    const char *text;
} dates[] = {
    { 0, "Thu, 01 Jan 1970 00:00:00 GMT" },          { 784111777, "Sun, 06 Nov 1994 08:49:37 GMT" },
    { 951782400, "Tue, 29 Feb 2000 00:00:00 GMT" },  { 1078012799, "Sat, 28 Feb 2004 23:59:59 GMT" },
    { 1735689599, "Tue, 31 Dec 2024 23:59:59 GMT" }, { 4107542400, "Mon, 01 Mar 2100 00:00:00 GMT" },
};

static void test_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(dates); i++) {
        char text[30];
        mocket__http_date(text, dates[i].time_s);
        unit_same(mocket__span(text), mocket__span(dates[i].text), i);
        struct unit_guard g = unit_guarded(mocket__span(text));
        unit_equal(mocket__http_date_parse(g.span), dates[i].time_s, i);
        unit_unguard(&g);
    }
}

static void test_every_day(void **state)
{
    (void)state;
    for (int64_t day = 0; day < 150000; day++) { /* beyond 2380: all leap years of an era */
        char text[30];
        mocket__http_date(text, day * 86400 + day % 86400);
        unit_equal(mocket__http_date_parse(mocket__span(text)), day * 86400 + day % 86400, (size_t)day);
    }
}

static void test_old_forms(void **state)
{
    (void)state;
    static const struct {
        mocket_span text;
        int64_t time_s;
    } rows[] = {
        { UNIT_ROW("Sunday, 06-Nov-94 08:49:37 GMT"), 784111777 },
        { UNIT_ROW("Sun Nov  6 08:49:37 1994"), 784111777 },
        { UNIT_ROW("Wed Nov 16 08:49:37 1994"), 784975777 },
        { UNIT_ROW("Thursday, 01-Jan-70 00:00:00 GMT"), 0 },
        { UNIT_ROW("Saturday, 01-Jan-00 00:00:00 GMT"), 946684800 },
    };
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        struct unit_guard g = unit_guarded(rows[i].text);
        unit_equal(mocket__http_date_parse(g.span), rows[i].time_s, i);
        unit_unguard(&g);
    }
}

static void test_no_dates(void **state)
{
    (void)state;
    static const mocket_span rows[] = {
        UNIT_ROW(""),
        UNIT_ROW(","),
        UNIT_ROW("yesterday"),
        UNIT_ROW("Sun, 06 Nov 1994 08:49:37"),
        UNIT_ROW("Sun, 06 Nov 1994 08:49:37 GMT "),
        UNIT_ROW("Sun, 06 Nov 1994 08:49:37 UTC"),
        UNIT_ROW("Sun, 06 nov 1994 08:49:37 GMT"),
        UNIT_ROW("Sun, 6 Nov 1994 08:49:37 GMT"),
        UNIT_ROW("Sun, 00 Nov 1994 08:49:37 GMT"),
        UNIT_ROW("Sun, 32 Nov 1994 08:49:37 GMT"),
        UNIT_ROW("Sun, 06 Nov 1994 24:49:37 GMT"),
        UNIT_ROW("Sun, 06 Nov 1994 08:60:37 GMT"),
        UNIT_ROW("Sun, 06 Nov 1994 08:49:61 GMT"),
        UNIT_ROW("Sun, 06 Nov -994 08:49:37 GMT"),
        UNIT_ROW("Sun, 06 Nov 1494 08:49:37 GMT"),
        UNIT_ROW("Sun, 06 Nov 1994 08:49:3\0 GMT"),
        UNIT_ROW("784111777"),
    };
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        struct unit_guard g = unit_guarded(rows[i]);
        unit_equal(mocket__http_date_parse(g.span), -1, i);
        unit_unguard(&g);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_ways),
        cmocka_unit_test(test_every_day),
        cmocka_unit_test(test_old_forms),
        cmocka_unit_test(test_no_dates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
