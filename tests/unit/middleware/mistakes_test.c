/* What cannot work is told at set-up, with the middleware's name. */
#include "unit.h"

static void expect(mocket_app *app, const char *words)
{
    const char *problem = mocket_problem(app);
    if (!words ? problem != NULL : !problem || !strstr(problem, words))
        fail_msg("\"%s\" is not about \"%s\"", problem ? problem : "no problem", words ? words : "no problem");
    mocket_client *c = mocket_client_new(app);
    assert_int_equal(c != NULL, words == NULL);
    mocket_client_free(c);
    mocket_free(app);
}

static const char *const any[] = { "*", NULL }, *const some[] = { "https://a.example", "null", NULL },
                         *const path[] = { "https://a.example/", NULL }, *const bare[] = { "a.example", NULL };

static bool allow_origin(mocket_event *e, const char *origin, void *data)
{
    (void)e, (void)origin, (void)data;
    return true;
}

static void test_cors(void **state)
{
    (void)state;
    static const struct {
        struct mocket_cors_opts opts;
        const char *words;
    } rows[] = {
        { { .credentials = true }, "mocket_cors: credentials" }, /* O-03 */
        { { .credentials = true, .origins = any }, "mocket_cors: credentials" },
        { { .credentials = true, .origins = any, .allow = allow_origin }, "mocket_cors: credentials" },
        { { .credentials = true, .origins = some }, NULL },
        { { .credentials = true, .allow = allow_origin }, NULL },
        { { .credentials = true, .origins = some, .methods = "*" }, "does not work with credentials" },
        { { .credentials = true, .origins = some, .headers = "*" }, "does not work with credentials" },
        { { .credentials = true, .origins = some, .expose = "X-A, *" }, "does not work with credentials" },
        { { .origins = any }, NULL },
        { { .origins = path }, "without a path" },
        { { .origins = bare }, "without a path" },
        { { .methods = "GET\r\nX: y" }, "control byte" },
        { { .max_age_s = -2 }, "max_age_s" },
    };
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        mocket_app *app = mocket_new();
        mocket_cors(app, NULL, &rows[i].opts);
        expect(app, rows[i].words);
    }
}

static void test_static(void **state)
{
    (void)state;
    static const char *const index[] = { "a/b", NULL }, *const empty[] = { "", NULL };
    static const struct {
        const char *mount, *dir;
        struct mocket_static_opts opts;
        const char *words;
    } rows[] = {
        { "/", "/tmp", { 0 }, NULL },
        { "", "/tmp", { 0 }, NULL },
        { "/a", "/no/such/folder", { 0 }, "not a folder: /no/such/folder" },
        { "/a", "/etc/passwd", { 0 }, "not a folder" },
        { "a", "/tmp", { 0 }, "begins with a slash" },
        { NULL, "/tmp", { 0 }, "begins with a slash" },
        { "/a/**", "/tmp", { 0 }, "without : and *" },
        { "/a", NULL, { 0 }, "dir is missing" },
        { "/a", "", { 0 }, "dir is missing" },
        { "/a", "/tmp", { .index = index }, "an index" },
        { "/a", "/tmp", { .index = empty }, "an index" },
        { "/a", "/tmp", { .cache_control = "a\x01" }, "control byte" },
    };
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        mocket_app *app = mocket_new();
        mocket_static(app, rows[i].mount, rows[i].dir, &rows[i].opts);
        expect(app, rows[i].words);
    }
}

static void test_basic_auth(void **state)
{
    (void)state;
    static const struct mocket_user none[] = { { NULL, NULL } }, colon[] = { { "a:b", "x" }, { NULL, NULL } },
                                    nameless[] = { { "", "x" }, { NULL, NULL } },
                                    no_password[] = { { "a", NULL }, { NULL, NULL } },
                                    fine[] = { { "a", "" }, { NULL, NULL } };
    static const struct {
        struct mocket_basic_auth_opts opts;
        const char *words;
    } rows[] = {
        { { 0 }, "give users or verify" },
        { { .users = none }, "give users or verify" },
        { { .users = colon }, "colon" },
        { { .users = nameless }, "empty" },
        { { .users = no_password }, "password" },
        { { .users = fine }, NULL },
        { { .users = fine, .realm = "a\"b" }, "realm" },
    };
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        mocket_app *app = mocket_new();
        mocket_basic_auth(app, NULL, &rows[i].opts);
        expect(app, rows[i].words);
    }
}

static void test_bearer_auth(void **state)
{
    (void)state;
    static const char *const none[] = { NULL }, *const blank[] = { "a b", NULL }, *const fine[] = { "a", NULL };
    static const struct {
        struct mocket_bearer_auth_opts opts;
        const char *words;
    } rows[] = {
        { { 0 }, "give tokens or verify" },
        { { .tokens = none }, "give tokens or verify" },
        { { .tokens = blank }, "a token" },
        { { .tokens = fine }, NULL },
        { { .tokens = fine, .realm = "\\" }, "realm" },
    };
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        mocket_app *app = mocket_new();
        mocket_bearer_auth(app, NULL, &rows[i].opts);
        expect(app, rows[i].words);
    }
}

static void test_others(void **state)
{
    (void)state;
    mocket_app *app = mocket_new();
    mocket_body_limit(app, NULL, &(struct mocket_body_limit_opts){ .max_bytes = -1 });
    expect(app, "mocket_body_limit");
    app = mocket_new();
    mocket_compress(app, NULL, &(struct mocket_compress_opts){ .level = 10 });
    expect(app, "mocket_compress: level");
    app = mocket_new();
    mocket_compress(app, NULL, &(struct mocket_compress_opts){ .min_bytes = -1 });
    expect(app, "mocket_compress: min_bytes");
    app = mocket_new();
    mocket_request_ids(app, NULL, &(struct mocket_request_ids_opts){ .header = "X Id" });
    expect(app, "mocket_request_ids");
    app = mocket_new();
    mocket_secure_headers(app, NULL, &(struct mocket_secure_headers_opts){ .referrer_policy = "a\r\nb" });
    expect(app, "mocket_secure_headers");
}

/* Texts and lists are copied: the caller's may change. */
static void test_copies(void **state)
{
    (void)state;
    char origin[] = "https://a.example", expose[] = "X-A";
    const char *origins[] = { origin, NULL };
    mocket_app *app = mocket_new();
    mocket_cors(app, NULL, &(struct mocket_cors_opts){ .origins = origins, .expose = expose });
    memset(origin, 'x', strlen(origin));
    memset(expose, 'x', strlen(expose));
    origins[0] = NULL;
    mocket_client *c = mocket_client_new(app);
    mocket_client_header(c, "Origin", "https://a.example");
    mocket_reply *r = mocket_client_send(c, "GET /", (mocket_span){ 0 });
    assert_string_equal(mocket_reply_header(r, "Access-Control-Allow-Origin"), "https://a.example");
    assert_string_equal(mocket_reply_header(r, "Access-Control-Expose-Headers"), "X-A");
    mocket_client_free(c);
    mocket_free(app);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cors),        cmocka_unit_test(test_static), cmocka_unit_test(test_basic_auth),
        cmocka_unit_test(test_bearer_auth), cmocka_unit_test(test_others), cmocka_unit_test(test_copies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
