/* The router against docs/contract.md, section 1: the template table, precedence, hostile paths, and every route's
 * answer compared with a router that tries one template after the other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/span.h"
#include "core/router.h"
#include "reference_router.h"

struct fixture {
    struct mocket_arena tables, work;
    struct mocket_router router;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    mocket__arena_init(&f->tables, 0);
    mocket__arena_init(&f->work, 0);
    f->router.arena = &f->tables;
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    mocket__arena_release(&f->tables);
    mocket__arena_release(&f->work);
    free(f);
    return 0;
}

static int handler(mocket_event *e)
{
    (void)e;
    return 0;
}

static int other_handler(mocket_event *e)
{
    (void)e;
    return 1;
}

static void add(struct fixture *f, const char *method, const char *template, const char *tag)
{
    assert_int_equal(mocket__router_add(&f->router, mocket__span(method), mocket__span(template), handler, (void *)tag),
                     0);
    mocket__router_check(&f->router);
}

/* The tag of the route, or NULL; "name=value,..." of its parameters in params. */
static const char *find(struct fixture *f, const char *method, const char *path, char *params)
{
    struct mocket_fields found = { 0 };
    char *copy = malloc(strlen(path)); /* no NUL behind: reading on is an error that sanitizers see */
    memcpy(copy, path, strlen(path));
    const struct mocket_route *route = mocket__router_find(&f->router, mocket__span(method),
                                                           (mocket_span){ copy, strlen(path) }, true, &f->work, &found);
    params[0] = '\0';
    for (size_t i = 0; i < found.count; i++)
        sprintf(params + strlen(params), "%s%.*s=%.*s", i ? "," : "", (int)found.rows[i].name.len,
                found.rows[i].name.ptr, (int)found.rows[i].value.len, found.rows[i].value.ptr);
    free(copy);
    mocket__arena_reset(&f->work);
    return route ? route->data : NULL;
}

static void test_template_table(void **state)
{
    static const struct {
        const char *template, *path, *params; /* params NULL: no match */
    } rows[] = {
        { "/users/:id", "/users/", "id=" },
        { "/users/:id", "/users/1", "id=1" },
        { "/users/:id", "/users/1/", NULL },
        { "/users/:id", "/users", NULL },
        { "/users/:", "/users/1", "=1" },
        { "/files/*", "/files/a", "_=a" },
        { "/files/*", "/files/", "_=" },
        { "/files/*", "/files/a/b", NULL },
        { "/api/v1/**", "/api/v1/", "_=" },
        { "/api/v1/**", "/api/v1/a/b/", "_=a/b/" },
        { "/api/v1/**", "/api/v2/a", NULL },
        { "/s/**", "/s", "" },
        { "/s/**", "/sx", NULL },
        { "/**", "/", "_=" },
        { "/**", "/a/b", "_=a/b" },
        { "**", "/a", "_=/a" },
        { "*", "/a", NULL },
        { "/a/**/z", "/a/z", "_=" },
        { "/a/**/z", "/a/x/y/z", "_=x/y" },
        { "/a/**/z", "/a/x", NULL },
        { "/a/**/z", "/a/z/z", "_=z" },
        { "/a/**/:last", "/a/x/y", "_=x,last=y" },
        { "/**/b/**/d", "/a/b/c/d", "_=c" },
        { "/**/b/**/d", "/b/d", "_=" },
        { "/**/b/**/d", "/a/b/c", NULL },
        { "/**/a/**/a", "/a/a/a", "_=a" },
        { "/search/:q", "/search/hello%20world", "q=hello%20world" },
        { "/api/:v/users/:id/posts/:p/comments/*", "/api/v1/users/2/posts/3/comments/4", "v=v1,id=2,p=3,_=4" },
        { "/:x/:x", "/1/2", "x=2" },
        { "/a*b/c", "/a*b/c", "" },
        { "/a*b/c", "/axb/c", NULL },
        { "/x:y", "/x:y", "" },
        { "/a//b/:c", "/a//b/1", "c=1" },
        { "/a//b/:c", "/a/b/1", NULL },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fixture *f;
        char params[256];
        set_up((void **)&f);
        add(f, "GET", rows[i].template, "hit");
        const char *tag = find(f, "GET", rows[i].path, params);
        if ((tag != NULL) != (rows[i].params != NULL) || (tag && strcmp(params, rows[i].params) != 0))
            fail_msg("%s on %s: %s \"%s\"", rows[i].template, rows[i].path, tag ? tag : "no match", params);
        tear_down((void **)&f);
    }
}

static void test_precedence(void **state)
{
    struct fixture *f = *state;
    char params[256];
    add(f, "*", "/x", "all /x");
    add(f, "*", "/:any", "all /:any");
    add(f, "GET", "/:id", "get /:id");
    add(f, "GET", "/users/:id/profile", "profile");
    add(f, "GET", "/users/me/:tab", "me");
    add(f, "HEAD", "/h/:a", "head");
    add(f, "GET", "/h/static", "get static");
    assert_string_equal(find(f, "GET", "/x", params), "all /x");                 /* */
    assert_string_equal(find(f, "GET", "/y", params), "get /:id");               /* */
    assert_string_equal(find(f, "POST", "/y", params), "all /:any");             /* */
    assert_string_equal(find(f, "get", "/y", params), "all /:any");              /* case counts */
    assert_string_equal(find(f, "GET", "/users/me/profile", params), "profile"); /* */
    assert_string_equal(find(f, "GET", "/users/me/posts", params), "me");
    assert_string_equal(find(f, "HEAD", "/y", params), "get /:id"); /* */
    assert_string_equal(find(f, "HEAD", "/h/1", params), "head");
    assert_string_equal(find(f, "HEAD", "/h/static", params), "head"); /* a HEAD route of any shape comes first */
    assert_string_equal(find(f, "HEAD", "/x", params), "all /x");      /* else what GET would reach */
    assert_null(find(f, "GET", "/h/1", params));
    add(f, "*", "/x", "again"); /* */
    assert_string_equal(find(f, "GET", "/x", params), "again");
    const mocket_span all = MOCKET_SPAN("*"), path = MOCKET_SPAN("/x");
    assert_int_equal(mocket__router_add(&f->router, all, path, other_handler, NULL), 0);
    const struct mocket_route *route = mocket__router_find(&f->router, all, path, true, &f->work, NULL);
    assert_ptr_equal(route->fn, other_handler);
    assert_null(route->data);
}

static void test_allow(void **state)
{
    struct fixture *f = *state;
    add(f, "GET", "/a", "1");
    add(f, "POST", "/:x", "2");
    add(f, "OPTIONS", "/b", "3");
    mocket_span allow = mocket__router_allow(&f->router, MOCKET_SPAN("/a"), true, true, &f->work);
    assert_string_equal(allow.ptr, "GET, HEAD, POST, OPTIONS");
    allow = mocket__router_allow(&f->router, MOCKET_SPAN("/b"), true, true, &f->work);
    assert_string_equal(allow.ptr, "POST, OPTIONS");
    allow = mocket__router_allow(&f->router, MOCKET_SPAN("/b/c"), true, true, &f->work);
    assert_null(allow.ptr);
}

/* ---- against the plain definition ---- */

static void random_path(char *out, unsigned *seed, const char *const *pieces, unsigned piece_count)
{
    unsigned count = (unsigned)rand_r(seed) % 5 + 1;
    out[0] = '\0';
    for (unsigned i = 0; i < count; i++) {
        strcat(out, "/");
        strcat(out, pieces[(unsigned)rand_r(seed) % piece_count]);
    }
}

static void test_same_as_one_by_one(void **state)
{
    static const char *const in_templates[] = { "a", "b", ":x", "*", "**", "" }, *const in_paths[] = { "a", "b", "c",
                                                                                                       "" };
    (void)state;
    unsigned seed = 7;
    for (int round = 0; round < 400; round++) {
        struct fixture *f;
        char templates[24][64], path[64], params[256];
        set_up((void **)&f);
        int count = rand_r(&seed) % 24 + 1;
        for (int i = 0; i < count; i++) {
            do
                random_path(templates[i], &seed, in_templates, 6);
            while (!strpbrk(templates[i], ":*"));
            add(f, "GET", templates[i], templates[i]);
        }
        for (int i = 0; i < 60; i++) {
            random_path(path, &seed, in_paths, 4);
            const char *want = NULL, *got = find(f, "GET", path, params);
            for (int k = 0; k < count && !want; k++)
                want = reference_match(templates[k] + 1, path + 1) ? templates[k] : NULL;
            if ((!want != !got) || (want && strcmp(want, got) != 0))
                fail_msg("path %s: want %s, got %s", path, want ? want : "nothing", got ? got : "nothing");
        }
        tear_down((void **)&f);
    }
}

/* thousands of segments against several `**`: a backtracking matcher would not end. */
/* The table of static routes grows four times. */
static void test_many_static(void **state)
{
    struct fixture *f = *state;
    char paths[100][16], params[200];
    for (unsigned i = 0; i < 100; i++) {
        snprintf(paths[i], sizeof paths[i], "/s%u", i);
        add(f, "GET", paths[i], paths[i]);
        mocket__router_check(&f->router);
    }
    for (unsigned i = 0; i < 100; i++)
        assert_string_equal(find(f, "GET", paths[i], params), paths[i]);
}

static void test_hostile_path(void **state)
{
    struct fixture *f = *state;
    char params[64];
    add(f, "GET", "/**/a/**/a/**/a/**/a/**/a/**/b", "never");
    char *path = malloc(8192);
    for (int i = 0; i < 4095; i++)
        memcpy(path + i * 2, "/a", 2);
    path[8190] = '\0';
    assert_null(find(f, "GET", path, params));
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_template_table),
        cmocka_unit_test_setup_teardown(test_precedence, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_allow, set_up, tear_down),
        cmocka_unit_test(test_same_as_one_by_one),
        cmocka_unit_test_setup_teardown(test_many_static, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_hostile_path, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
