/* Files, where the contract cases do not look: descriptors are given back whatever happens, files that change while
 * they are sent, folders that are switched, and the walk that stands in where the kernel has no openat2. */
#include "unit.h"

#include <fcntl.h>
#include <ftw.h>
#include <sys/resource.h>
#include <sys/stat.h>

/* The same source again, as it is where there is no openat2. */
#include "src/system/beneath.h"
void mocket__test_static(mocket_app *app, const char *mount, const char *dir, const struct mocket_static_opts *opts);
#define mocket_static mocket__test_static
#define mocket__beneath_open mocket__beneath_walk
#include "src/middleware/static.c"
#undef mocket__beneath_open
#undef mocket_static

static const mocket_span no_body = { NULL, 0 };
static char root[] = "/tmp/mocket-static-test-XXXXXX";

static void put(const char *name, const char *text)
{
    int fd = openat(AT_FDCWD, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static int set_up(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(root));
    assert_int_equal(chdir(root), 0);
    assert_int_equal(mkdir("one", 0700) | mkdir("one/deep", 0700) | mkdir("one/deep/er", 0700) | mkdir("two", 0700), 0);
    put("one/a.txt", "first");
    put("one/a.txt.gz", "packed");
    put("one/deep/er/b.txt", "deep");
    put("two/a.txt", "second");
    put("out.txt", "outside");
    assert_int_equal(symlink("a.txt", "one/link.txt"), 0);
    assert_int_equal(symlink("deep", "one/link"), 0);
    assert_int_equal(symlink("../out.txt", "one/escape.txt"), 0);
    assert_int_equal(symlink("..", "one/up"), 0);
    return symlink("one", "now");
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *walk)
{
    (void)st, (void)kind, (void)walk;
    return remove(path);
}

static int tear_down(void **state)
{
    (void)state;
    return nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void expect(mocket_client *c, const char *line, int status, const char *body)
{
    mocket_reply *r = mocket_client_send(c, line, no_body);
    if (mocket_reply_status(r) != status)
        fail_msg("%s: %d, not %d", line, mocket_reply_status(r), status);
    if (body)
        unit_same(unit_body(r), mocket__span(body), 0);
}

/* ---- Without openat2 ---- */

static void test_steps(void **state)
{
    (void)state;
    mocket_app *app = mocket_new();
    mocket__test_static(app, "/s", "one", NULL);
    mocket_client *c = mocket_client_new(app);
    size_t before = unit_open_files();
    expect(c, "GET /s/a.txt", 200, "first");
    expect(c, "GET /s/deep/er/b.txt", 200, "deep");
    expect(c, "GET /s/deep/er", 301, "");
    expect(c, "GET /s/deep/er/", 404, NULL);
    expect(c, "GET /s/deep/no/b.txt", 404, NULL);
    expect(c, "GET /s/a.txt/x", 404, NULL);
    expect(c, "GET /s/link.txt", 404, NULL); /* no link at all: nobody can say where it leads */
    expect(c, "GET /s/link/er/b.txt", 404, NULL);
    expect(c, "GET /s/escape.txt", 404, NULL);
    expect(c, "GET /s/up/out.txt", 404, NULL);
    char line[400] = "GET /s/";
    memset(line + 7, 'x', 300);
    expect(c, line, 404, NULL);
    assert_int_equal(unit_open_files(), before);
    mocket_client_free(c);
    mocket_free(app);
}

/* ---- With it, where there is one ---- */

static void test_links(void **state)
{
    (void)state;
    mocket_app *app = mocket_new();
    mocket_static(app, "/s", "one", NULL);
    mocket_client *c = mocket_client_new(app);
    expect(c, "GET /s/deep/er/b.txt", 200, "deep");
    expect(c, "GET /s/escape.txt", 404, NULL);
    expect(c, "GET /s/up/out.txt", 404, NULL);
    mocket_client_free(c);
    mocket_free(app);
}

/* Times that say nothing: the tag follows the bytes all the same, and no Last-Modified is sent. */
static void test_times(void **state)
{
    (void)state;
    static const time_t odd[] = { 0, 1, -157766400, 315532800, 315532801, 318211200, 4070908800 };
    mocket_app *app = mocket_new();
    mocket_static(app, "/s", "one", NULL);
    mocket_client *c = mocket_client_new(app);
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        struct timespec times[2] = { { odd[i], 0 }, { odd[i], 0 } };
        put("one/odd.txt", "one");
        assert_int_equal(utimensat(AT_FDCWD, "one/odd.txt", times, 0), 0);
        mocket_reply *r = mocket_client_send(c, "GET /s/odd.txt", no_body);
        char *etag = strdup(mocket_reply_header(r, "ETag"));
        assert_non_null(etag);
        assert_null(mocket_reply_header(r, "Last-Modified"));
        mocket_client_header(c, "If-None-Match", etag);
        expect(c, "GET /s/odd.txt", 304, "");
        usleep(20000); /* the kernel's clock for files moves every few milliseconds */
        put("one/odd.txt", "two");
        assert_int_equal(utimensat(AT_FDCWD, "one/odd.txt", times, 0), 0);
        mocket_client_header(c, "If-None-Match", etag);
        expect(c, "GET /s/odd.txt", 200, "two");
        free(etag);
    }
    assert_int_equal(unlink("one/odd.txt"), 0);
    mocket_client_free(c);
    mocket_free(app);
}

/* A read-only image shows one time as both. When that is a constant of a tool, nothing tells two images apart. */
static void test_times_of_an_image(void **state)
{
    (void)state;
    static const struct {
        time_t time;
        bool told;
    } rows[] = { { 0, false }, { 1, false }, { 315532800, false }, { 1700000000, true } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct timespec time = { rows[i].time, 0 };
        struct stat st = { .st_mtim = time, .st_ctim = time };
        struct file file = { .fd = -1 };
        take_times(&file, &st);
        assert_int_equal(file.version_s != NO_TIME, rows[i].told);
        assert_int_equal(file.modified_s != NO_TIME, rows[i].told);
    }
    assert_null(etag_of(NULL, &(struct file){ .version_s = NO_TIME }));
}

static void test_folder_is_switched(void **state)
{
    (void)state;
    mocket_app *app = mocket_new();
    mocket_static(app, "/", "now", NULL);
    mocket_client *c = mocket_client_new(app);
    expect(c, "GET /a.txt", 200, "first");
    assert_int_equal(symlink("two", "next") | rename("next", "now"), 0);
    expect(c, "GET /a.txt", 200, "second");
    assert_int_equal(unlink("now"), 0);
    expect(c, "GET /a.txt", 404, NULL);
    assert_int_equal(symlink("one", "now"), 0);
    mocket_client_free(c);
    mocket_free(app);
}

/* ---- A file that is cut short while it is sent ---- */

static int cut_short(mocket_event *e)
{
    int rc = mocket_next(e); /* the file is open and its length is told; not a byte has been read */
    assert_int_equal(truncate("one/c.txt", 3), 0);
    return rc;
}

static void test_shrinking_file(void **state)
{
    (void)state;
    put("one/c.txt", "0123456789");
    mocket_app *app = mocket_new();
    mocket_use(app, NULL, cut_short, NULL);
    mocket_static(app, "/s", "one", NULL);
    mocket_client *c = mocket_client_new(app);
    size_t before = unit_open_files();
    assert_null(mocket_client_send(c, "GET /s/c.txt", no_body)); /* broken off: the client can tell */
    assert_int_equal(unit_open_files(), before);
    expect(c, "GET /s/c.txt", 200, "012");
    mocket_client_free(c);
    mocket_free(app);
}

/* ---- Descriptors ---- */

/* An answer in place of the file's. */
static int instead(mocket_event *e)
{
    mocket_next(e);
    return mocket_text(e, "instead");
}

static int after_all(mocket_event *e)
{
    mocket_next(e);
    return 500;
}

static void test_no_descriptor_is_lost(void **state)
{
    (void)state;
    static const struct {
        const char *line, *name, *value;
        int status;
    } rows[] = {
        { "GET /s/a.txt", NULL, NULL, 200 },
        { "HEAD /s/a.txt", NULL, NULL, 200 },
        { "GET /s/a.txt", "Accept-Encoding", "gzip", 200 },
        { "GET /s/a.txt", "If-None-Match", "*", 304 },
        { "GET /s/a.txt", "If-Match", "\"x\"", 412 },
        { "GET /s/a.txt", "Range", "bytes=1-2", 206 },
        { "GET /s/a.txt", "Range", "bytes=9-", 416 },
        { "GET /s/deep", NULL, NULL, 301 },
        { "GET /s/deep/", NULL, NULL, 404 },
        { "GET /instead/a.txt", NULL, NULL, 200 },
        { "GET /error/a.txt", NULL, NULL, 500 },
    };
    mocket_app *app = mocket_new();
    mocket_use(app, "/instead", instead, NULL);
    mocket_use(app, "/error", after_all, NULL);
    mocket_static(app, "/s", "one", NULL);
    mocket_static(app, "/instead", "one", NULL);
    mocket_static(app, "/error", "one", NULL);
    mocket_client *c = mocket_client_new(app);
    size_t before = unit_open_files();
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        if (rows[i].name)
            mocket_client_header(c, rows[i].name, rows[i].value);
        expect(c, rows[i].line, rows[i].status, NULL);
        unit_equal((long long)unit_open_files(), (long long)before, i);
    }
    mocket_client_free(c);
    mocket_free(app);
}

/* Status of one exchange, 0 when there was none: all memory it takes is asked for anew. */
static int exchange(const char *name, const char *value)
{
    int status = 0;
    mocket_app *app = mocket_new();
    mocket_static(app, "/s", "one", &(struct mocket_static_opts){ .cache_control = "no-cache" });
    mocket_client *c = mocket_client_new(app);
    if (c) {
        mocket_client_header(c, name, value);
        status = mocket_reply_status(mocket_client_send(c, "GET /s/a.txt", no_body));
    }
    mocket_client_free(c);
    mocket_free(app);
    return status;
}

static void test_each_allocation_fails(void **state)
{
    (void)state;
    static const char *const headers[][2] = { { "Accept-Encoding", "gzip" },
                                              { "Range", "bytes=1-2" },
                                              { "Range", "bytes=9-" } };
    static const int want[] = { 200, 206, 416 };
    for (size_t i = 0; i < UNIT_COUNT(want); i++) {
        size_t before = unit_open_files();
        mocket__memory_hook(unit_allocate);
        for (unit_failing = 1;; unit_failing++) {
            unit_allocations = 0;
            int status = exchange(headers[i][0], headers[i][1]);
            if (unit_allocations < unit_failing)
                break;
            if (status != 0 && status != 500 && status != want[i])
                fail_msg("row %zu, allocation %zu: status %d", i, unit_failing, status);
        }
        mocket__memory_hook(NULL);
        assert_true(unit_failing > 5);
        assert_int_equal(exchange(headers[i][0], headers[i][1]), want[i]);
        assert_int_equal(unit_open_files(), before);
    }
}

/* With so many descriptors left. Every answer is the file, 503 and a line, never 404; how often it was 503. */
static size_t ask_with(mocket_client *c, rlim_t left, const char *line)
{
    struct rlimit usual, few;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &usual), 0);
    int next = open("/dev/null", O_RDONLY);
    close(next);
    few = (struct rlimit){ (rlim_t)next + left, usual.rlim_max };
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    mocket_reply *r = mocket_client_send(c, line, no_body);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &usual), 0);
    int status = mocket_reply_status(r);
    if (status != 200 && status != 503)
        fail_msg("%s with %lu descriptors: %d", line, (unsigned long)left, status);
    return status == 503;
}

static void test_no_descriptors_left(void **state)
{
    (void)state;
    static const char *const lines[] = { "GET /s/a.txt", "GET /s/deep/er/b.txt", "GET /s/", "GET /f/a.txt" };
    void (*const serve[])(mocket_app *, const char *, const char *,
                          const struct mocket_static_opts *) = { mocket_static, mocket__test_static };
    put("one/index.html", "index");
    for (size_t i = 0; i < 2; i++) {
        mocket_app *app = mocket_new();
        serve[i](app, "/s", "one", NULL);
        serve[i](app, "/f", "one", &(struct mocket_static_opts){ .fall_through = true });
        mocket_client *c = mocket_client_new(app);
        for (size_t line = 0; line < UNIT_COUNT(lines); line++) {
            size_t refused = 0;
            for (rlim_t left = 0; left < 6; left++)
                refused += ask_with(c, left, lines[line]);
            assert_in_range(refused, 2, 4);
        }
        mocket_client_free(c);
        mocket_free(app);
    }
    assert_int_equal(unlink("one/index.html"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_steps),
        cmocka_unit_test(test_links),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_times_of_an_image),
        cmocka_unit_test(test_folder_is_switched),
        cmocka_unit_test(test_shrinking_file),
        cmocka_unit_test(test_no_descriptor_is_lost),
        cmocka_unit_test(test_no_descriptors_left),
        cmocka_unit_test(test_each_allocation_fails),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
