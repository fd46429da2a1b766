#include "unit.h"

static void test_types(void **state)
{
    (void)state;
    static const struct {
        const char *name, *type;
    } rows[] = {
        { "a.html", "text/html; charset=utf-8" },
        { "A.HTML", "text/html; charset=utf-8" },
        { "dir.css/a", "application/octet-stream" },
        { "dir/a.min.js", "text/javascript; charset=utf-8" },
        { "a.json", "application/json; charset=utf-8" },
        { "a.svg", "image/svg+xml; charset=utf-8" },
        { "a.jpeg", "image/jpeg" },
        { "a.tar.gz", "application/gzip" },
        { "a.", "application/octet-stream" },
        { ".html", "application/octet-stream" },
        { "html", "application/octet-stream" },
        { "a.htmlx", "application/octet-stream" },
        { "a.ht", "application/octet-stream" },
        { "", "application/octet-stream" },
        { "a.webmanifest", "application/manifest+json; charset=utf-8" },
        { "a.wasm", "application/wasm" },
    };
    for (size_t i = 0; i < UNIT_COUNT(rows); i++)
        unit_same(mocket__span(mocket_type_of(rows[i].name)), mocket__span(rows[i].type), i);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_types) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
