/* Lines for the operator, as text and as JSON, and those of the access log: nothing in them can be forged. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <signal.h>

#include "hosts/c/access.h"
#include "hosts/c/lines.h"
#include "src/http/json.h"

static void written(int fd, char *text, size_t cap)
{
    ssize_t n = pread(fd, text, cap - 1, 0);
    assert_true(n >= 0);
    text[n] = '\0';
}

static int scratch(void)
{
    char path[] = "/tmp/mocket-lines-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    unlink(path);
    return fd;
}

static void writes_text(void **state)
{
    (void)state;
    char text[512];
    struct lines lines = { .shown = MOCKET_LOG_INFO, .fd = scratch() };
    struct lines_voice voice = { .lines = &lines, .worker = 2 };
    lines_write(&voice, MOCKET_LOG_INFO, MOCKET_SPAN("one"));
    lines_write(&voice, MOCKET_LOG_DEBUG, MOCKET_SPAN("not shown"));
    lines_from_log(&voice, MOCKET_LOG_ERROR, true, MOCKET_SPAN("two"));
    written(lines.fd, text, sizeof text);
    assert_string_equal(text, "mocket: one\nmocket: error: guest: two\n");
    close(lines.fd);
}

static const mocket_value *parse(struct mocket_arena *a, const char *text)
{
    const mocket_value *value;
    size_t len = strlen(text);
    assert_true(len > 0 && text[len - 1] == '\n');
    assert_null(memchr(text, '\n', len - 1));
    assert_int_equal(mocket__json_parse(a, (mocket_span){ text, len - 1 }, &value), 0);
    return value;
}

/* Whatever a guest says is one line, JSON, and says what it is. */
static void writes_json(void **state)
{
    (void)state;
    static const struct {
        mocket_span in;
        const char *out;
    } rows[] = {
        { UNIT_ROW("plain"), "plain" },
        { UNIT_ROW("\"quoted\\\""), "\"quoted\\\\\"" },
        { UNIT_ROW("\\x1b[31m"), "\\\\x1b[31m" },
        { UNIT_ROW("\",\"level\":\"error"), "\",\"level\":\"error" },
        { UNIT_ROW("\x1b[31m\r\0"), "\\x1b[31m\\x0d\\x00" },
        { UNIT_ROW("gr\xc3\xbc\xc3\x9f \xff"), "gr\xc3\xbc\xc3\x9f \\xff" },
    };
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        char text[512];
        struct mocket_arena arena;
        struct lines lines = { .format = LINES_JSON, .shown = MOCKET_LOG_INFO, .fd = scratch() };
        struct lines_voice voice = { .lines = &lines, .worker = 3 };
        struct guest_log log = { .write = lines_from_log, .data = &voice };
        mocket__arena_init(&arena, 0);
        guest_log_line(&log, MOCKET_LOG_WARN, rows[i].in);
        written(lines.fd, text, sizeof text);
        const mocket_value *value = parse(&arena, text);
        unit_same(mocket__span(mocket_value_text(mocket_value_get(value, "message"), "")), mocket__span(rows[i].out),
                  i);
        assert_string_equal(mocket_value_text(mocket_value_get(value, "level"), ""), "warn");
        assert_int_equal(mocket_value_int(mocket_value_get(value, "worker"), -1), 3);
        assert_true(mocket_value_bool(mocket_value_get(value, "guest"), false));
        assert_int_equal(strlen(mocket_value_text(mocket_value_get(value, "time"), "")), LINES_TIME - 1);
        mocket__arena_release(&arena);
        close(lines.fd);
    }
}

/* By the writer: the same lines, and what was dropped; in a log that nobody reads the last quarter is the host's. */
static void writes_by_the_writer(void **state)
{
    (void)state;
    char text[512];
    struct lines lines = { .format = LINES_JSON, .shown = MOCKET_LOG_INFO, .fd = scratch() };
    struct lines_voice voice = { .lines = &lines, .worker = 3 };
    struct mocket_arena arena;
    mocket__arena_init(&arena, 0);
    lines_dropped(&voice); /* nothing happens before lines_open */
    assert_int_equal(lines_open(&lines), 0);
    lines_dropped(&voice);
    lines_close(&lines);
    written(lines.fd, text, sizeof text);
    const mocket_value *value = parse(&arena, text);
    const char *message = mocket_value_text(mocket_value_get(value, "message"), "");
    assert_string_equal(mocket_value_text(mocket_value_get(value, "level"), ""), "warn");
    assert_false(mocket_value_bool(mocket_value_get(value, "guest"), true));
    assert_string_equal(message,
                        "1 lines of guests dropped: a worker logs at most 1000 lines and 128 KiB a second for "
                        "them");
    mocket__arena_release(&arena);
    close(lines.fd);
}

static size_t fill(struct lines_voice *voice, mocket_span text)
{
    size_t count = 0;
    for (uint64_t lost = writer_lost(voice->lines->writer); writer_lost(voice->lines->writer) == lost; count++)
        lines_write(voice, MOCKET_LOG_INFO, text);
    return count;
}

static void leaves_room_for_the_host(void **state)
{
    (void)state;
    static char wide[4000];
    int ends[2];
    memset(wide, 'w', sizeof wide);
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    struct lines lines = { .shown = MOCKET_LOG_INFO, .fd = ends[1] };
    struct lines_voice voice = { .lines = &lines, .guest = true };
    assert_int_equal(lines_open(&lines), 0);
    fill(&voice, (mocket_span){ wide, sizeof wide });
    usleep(200000); /* the writer stands still now */
    fill(&voice, (mocket_span){ wide, sizeof wide });
    voice.guest = false;
    size_t host = fill(&voice, (mocket_span){ wide, sizeof wide });
    assert_in_range(host, LINES_SPARE / sizeof wide - 8, LINES_SPARE / sizeof wide + 2);
    close(ends[0]); /* whoever reads has left: what is held is lost at once */
    lines_close(&lines);
    close(ends[1]);
}

static void writes_times(void **state)
{
    (void)state;
    char text[LINES_TIME];
    lines_time(text, (struct timespec){ 784111777, 7000000 });
    assert_string_equal(text, "1994-11-06T08:49:37.007Z");
}

/* ---- The access log ---- */

struct request {
    struct mocket_field rows[2];
    struct mocket_message message;
    struct mocket_native_done done;
};

static void make_request(struct request *r, mocket_span target, mocket_span agent)
{
    *r = (struct request){ .rows = { { MOCKET_SPAN("User-Agent"), agent } } };
    r->message = (struct mocket_message){ .method_text = MOCKET_SPAN("GET"),
                                          .target = target,
                                          .fields = { .rows = r->rows, .count = 1, .cap = 2 } };
    r->done = (struct mocket_native_done){
        .message = &r->message, .peer = "127.0.0.1", .status = 200, .complete = true, .body_out = 13, .began_ns = 1000
    };
}

static void access_text(void **state)
{
    (void)state;
    struct request r;
    struct mocket_buf out = { 0 };
    struct access_writer writer = { .format = LINES_TEXT };
    make_request(&r, MOCKET_SPAN("/a\"b"), MOCKET_SPAN("evil\" 200 1 \\ \xff\x1b"));
    access_line(&writer, &r.done, 1000 + 1234567890, &out);
    mocket__buf_add(&out, "", 1);
    const char *behind = strchr(out.ptr, ']');
    assert_non_null(behind);
    assert_string_equal(behind,
                        "] \"GET /a\\x22b HTTP/1.1\" 200 13 \"-\" "
                        "\"evil\\x22 200 1 \\x5C \\xFF\\x1B\" 1.234\n");
    assert_memory_equal(out.ptr, "127.0.0.1 - - [", 15);
    mocket__buf_release(&out);
}

static void access_json(void **state)
{
    (void)state;
    struct request r;
    struct mocket_arena arena;
    struct mocket_buf out = { 0 };
    struct access_writer writer = { .format = LINES_JSON };
    mocket__arena_init(&arena, 0);
    make_request(&r, MOCKET_SPAN("/\xff\"}"), MOCKET_SPAN("a\\b"));
    access_line(&writer, &r.done, 1000 + 1234567, &out);
    mocket__buf_add(&out, "", 1);
    const mocket_value *value = parse(&arena, out.ptr);
    assert_string_equal(mocket_value_text(mocket_value_get(value, "target"), ""), "/\\xff\"}");
    assert_string_equal(mocket_value_text(mocket_value_get(value, "user_agent"), ""), "a\\\\b");
    assert_null(mocket_value_get(value, "referer"));
    assert_int_equal(mocket_value_int(mocket_value_get(value, "duration_us"), -1), 1234);
    mocket__arena_release(&arena);
    mocket__buf_release(&out);
}

/* A head that nobody could read. */
static void access_without_message(void **state)
{
    (void)state;
    struct mocket_native_done done = { .peer = "", .status = 400, .complete = true };
    for (int format = LINES_TEXT; format <= LINES_JSON; format++) {
        struct mocket_buf out = { 0 };
        struct access_writer writer = { .format = (enum lines_format)format };
        access_line(&writer, &done, 1, &out);
        assert_int_equal(mocket__buf_status(&out), 0);
        assert_non_null(memmem(out.ptr, out.len, "400", 3));
        assert_non_null(memmem(out.ptr, out.len, "unix:", 5));
        mocket__buf_release(&out);
    }
}

static size_t count_lines(const char *path)
{
    size_t count = 0;
    FILE *f = fopen(path, "r");
    for (int c; f && (c = fgetc(f)) != EOF;)
        count += c == '\n';
    if (f)
        fclose(f);
    return count;
}

/* Every line arrives, also when the file is moved away meanwhile. */
static void access_file(void **state)
{
    (void)state;
    char folder[] = "/tmp/mocket-access-XXXXXX", path[64], old[64];
    struct request r;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/log", folder);
    snprintf(old, sizeof old, "%s/log.1", folder);
    struct access log = { .path = path };
    assert_int_equal(access_open(&log, 2), 0);
    make_request(&r, MOCKET_SPAN("/"), MOCKET_SPAN("x"));
    for (size_t i = 0; i < 5000; i++)
        access_note(&log, i % 2, &r.done);
    for (int i = 0; i < 3000 && count_lines(path) < 5000; i++)
        usleep(10000);
    assert_int_equal(count_lines(path), 5000);
    assert_int_equal(rename(path, old), 0);
    access_note(&log, 0, &r.done);
    access_close(&log);
    assert_int_equal(count_lines(old), 5000);
    assert_int_equal(count_lines(path), 1);
    unlink(path);
    unlink(old);
    rmdir(folder);
}

static void access_problems(void **state)
{
    (void)state;
    struct access log = { .path = "/nowhere/at/all" };
    assert_int_equal(access_open(&log, 1), MOCKET_EIO);
    access_close(&log);
    access_close(&log);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_text),
        cmocka_unit_test(writes_json),
        cmocka_unit_test(writes_times),
        cmocka_unit_test(writes_by_the_writer),
        cmocka_unit_test(leaves_room_for_the_host),
        cmocka_unit_test(access_text),
        cmocka_unit_test(access_json),
        cmocka_unit_test(access_without_message),
        cmocka_unit_test(access_file),
        cmocka_unit_test(access_problems),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
