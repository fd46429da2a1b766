/* The hash behind the tags, against vectors of its reference implementation, at every length up to several blocks. */
#include "unit.h"

#define DIGITS "0123456789"
#define XS "xxxxxxxxxxxxxxxxxx"

static int answer(mocket_event *e)
{
    return mocket_bytes(e, *(const mocket_span *)mocket_data(e), NULL);
}

static void test_vectors(void **state)
{
    (void)state;
    static const struct {
        const char *text, *tag;
    } rows[] = {
        { "", "\"ef46db3751d8e999\"" },
        { "a", "\"d24ec4f1a98c6e5b\"" },
        { "abc", "\"44bc2cf5ad770999\"" },
        { "hello", "\"26c7827d889f6da3\"" },
        { "0123456", "\"97ee4fe4a0ff4dfa\"" },
        { "01234567", "\"e4ba22a49ad89d3f\"" },
        { "012345678901", "\"f8552cd012184ecb\"" },
        { "The quick brown fox jumps over ", "\"3f8d95ab32c127d9\"" },
        { "The quick brown fox jumps over t", "\"e2bbc9136629a4ee\"" },
        { "The quick brown fox jumps over the lazy", "\"e01509ec7bdd4b5e\"" },
        { DIGITS DIGITS DIGITS DIGITS DIGITS DIGITS DIGITS DIGITS DIGITS DIGITS, "\"f80e7b96315afffa\"" },
        { XS XS XS XS XS XS XS "x", "\"b8443ad6f74687d7\"" },
    };
    mocket_span body;
    mocket_app *app = mocket_new();
    mocket_etag(app, NULL, NULL);
    mocket_on(app, "GET", "/", answer, &body);
    mocket_client *c = mocket_client_new(app);
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        struct unit_guard g = unit_guarded(mocket__span(rows[i].text));
        body = g.span;
        const char *tag = mocket_reply_header(mocket_client_send(c, "GET /", (mocket_span){ 0 }), "ETag");
        unit_same(mocket__span(tag), mocket__span(rows[i].tag), i);
        unit_unguard(&g);
    }
    mocket_client_free(c);
    mocket_free(app);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_vectors) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
