/* The writer of logs: whatever its file or pipe does, lines come out whole and in order, or are counted. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>

#include "hosts/c/writer.h"

enum { FULL, FAILED, OTHER };

/* What becomes of the next writes to script_fd: 'h': half of the bytes, 'f': it fails, behind the end: all is well. */
static const char *_Atomic script = "";
static atomic_int script_fd = -1;

/* Instead of the C library's. */
ssize_t write(int fd, const void *bytes, size_t len)
{
    const char *at = script;
    if (fd == script_fd && *at != '\0') {
        script = at + 1;
        if (*at == 'f') {
            errno = ENOSPC;
            return -1;
        }
        len /= 2;
    }
    return syscall(SYS_write, fd, bytes, len);
}

static void report(int format, int loss, uint64_t n, struct mocket_buf *out)
{
    static const char *const texts[] = { " full\n", " failed\n", " other\n" };
    mocket__buf_text(out, format == 7 ? "report: " : "");
    mocket__buf_decimal(out, n);
    mocket__buf_text(out, texts[loss]);
}

static struct writer *opened(int fd, size_t held_max)
{
    struct writer *w = NULL;
    struct writer_opts opts = { .fd = fd,
                                .seats = 2,
                                .held_max = held_max,
                                .wake_at = 1,
                                .full = FULL,
                                .failed = FAILED,
                                .report = report,
                                .format = 7 };
    assert_int_equal(writer_open(&w, &opts), 0);
    return w;
}

/* "12 xxx...": as many x as the number says, up to 3000. False: no room. */
static bool say(struct writer *w, size_t seat, size_t number)
{
    struct mocket_buf *held = writer_begin(w, seat, 0);
    if (!held)
        return false;
    mocket__buf_decimal(held, number);
    mocket__buf_text(held, " ");
    for (size_t i = 0; i < number % 3000; i++)
        mocket__buf_text(held, "x");
    mocket__buf_text(held, "\n");
    writer_end(w, seat);
    return true;
}

/* Checks the next line; returns what is behind it. *last: the number of the line before, which is smaller. */
static const char *check_line(const char *at, size_t *last)
{
    char *behind;
    size_t number = strtoul(at, &behind, 10), xs = strspn(behind + 1, "x");
    assert_true(behind > at && *behind == ' ');
    assert_int_equal(xs, number % 3000);
    assert_int_equal(behind[1 + xs], '\n');
    assert_true(number > *last);
    *last = number;
    return behind + 1 + xs + 1;
}

static char *whole(int fd)
{
    struct mocket_buf text = { 0 };
    for (ssize_t n = 1; n > 0;) {
        char *room = mocket__buf_room(&text, 65536);
        do {
            n = read(fd, room, 65536);
        } while (n < 0 && errno == EAGAIN && usleep(1000) == 0);
        text.len += n > 0 ? (size_t)n : 0;
    }
    mocket__buf_add(&text, "", 1);
    return text.ptr;
}

/* Reads to the end in the background, with pauses. */
struct reader {
    pthread_t thread;
    int fd;
    char *text;
};

static void *read_slowly(void *arg)
{
    struct reader *r = arg;
    usleep(100000);
    r->text = whole(r->fd);
    return NULL;
}

/* A pipe is full again and again; somebody made it non-blocking, or not. */
static void lines_are_whole(void **state)
{
    (void)state;
    for (int flags = 0; flags <= O_NONBLOCK; flags += O_NONBLOCK) {
        int ends[2];
        struct reader r = { 0 };
        assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
        assert_int_equal(fcntl(ends[1], F_SETFL, flags), 0);
        r.fd = ends[0];
        struct writer *w = opened(ends[1], 16 << 20);
        assert_int_equal(pthread_create(&r.thread, NULL, read_slowly, &r), 0);
        for (size_t i = 1; i <= 2000; i++)
            assert_true(say(w, 0, i));
        writer_close(w);
        close(ends[1]);
        pthread_join(r.thread, NULL);
        close(ends[0]);
        size_t last = 0;
        for (const char *at = r.text; *at;)
            at = check_line(at, &last);
        assert_int_equal(last, 2000);
        mocket__free(r.text);
    }
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Nobody reads: no call waits. Then everything that was held comes, and how much was lost. */
static void a_full_pipe(void **state)
{
    (void)state;
    int ends[2];
    size_t said = 0, last = 0, count = 0, reported = 0;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    struct writer *w = opened(ends[1], 100000);
    double began = seconds();
    size_t tries = 0;
    for (int round = 0; round < 3; round++) {
        for (uint64_t lost = writer_lost(w); writer_lost(w) == lost;)
            said += say(w, 0, ++tries);
        usleep(200000); /* the writer takes what is held, until it stands still */
    }
    assert_true(seconds() - began < 5);
    assert_true(said < tries);
    assert_int_equal(writer_lost(w), tries - said);
    assert_null(writer_begin(w, 0, 0));
    assert_non_null(writer_begin(w, 1, 99999)); /* the other seat has room of its own, */
    writer_end(w, 1);
    assert_null(writer_begin(w, 1, 100000)); /* all of which may be kept for others */
    struct reader r = { .fd = ends[0] };
    assert_int_equal(pthread_create(&r.thread, NULL, read_slowly, &r), 0);
    writer_close(w);
    close(ends[1]);
    pthread_join(r.thread, NULL);
    close(ends[0]);
    for (const char *at = r.text; *at;) {
        bool is_report = *at == 'r';
        reported += is_report ? strtoul(at + strlen("report: "), NULL, 10) : 0;
        count += !is_report;
        at = is_report ? strchr(at, '\n') + 1 : check_line(at, &last);
    }
    assert_int_equal(count, said);
    assert_int_equal(reported, tries - said + 2);
    mocket__free(r.text);
}

/* It is left behind, ends when somebody reads, and frees itself. */
static void an_end_that_nobody_waits_for(void **state)
{
    (void)state;
    int ends[2];
    size_t said = 0;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    struct writer *w = opened(ends[1], 1 << 20);
    for (size_t i = 2000; i < 2200; i++)
        said += say(w, 0, i);
    assert_int_equal(said, 200);
    double began = seconds();
    writer_close(w);
    double took = seconds() - began;
    assert_true(took > WRITER_END_MS / 1000.0 - 0.1 && took < WRITER_END_MS / 1000.0 + 5);
    struct reader r = { .fd = ends[0] };
    assert_int_equal(pthread_create(&r.thread, NULL, read_slowly, &r), 0);
    usleep(500000); /* its write is over, and it with it */
    close(ends[1]);
    pthread_join(r.thread, NULL);
    assert_memory_equal(r.text, "2000 xxx", 8);
    mocket__free(r.text);
    close(ends[0]);
}

static int scratch(void)
{
    char path[] = "/tmp/mocket-writer-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    unlink(path);
    return fd;
}

static void wait_lost(struct writer *w, uint64_t n)
{
    for (int i = 0; i < 3000 && writer_lost(w) < n; i++)
        usleep(10000);
    assert_int_equal(writer_lost(w), n);
}

/* The disk is full in the middle of a line: the rest of it is lost, and the next one begins on a line of its own. */
static void a_full_disk(void **state)
{
    (void)state;
    struct rlimit before, small;
    int fd = scratch();
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 100;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    struct writer *w = opened(fd, 1 << 20);
    assert_true(say(w, 0, 50));
    assert_true(say(w, 0, 60));
    wait_lost(w, 1);
    assert_true(say(w, 0, 61));
    wait_lost(w, 2);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_true(say(w, 0, 5));
    writer_close(w);
    char text[512] = { 0 };
    assert_true(pread(fd, text, sizeof text - 1, 0) > 0);
    assert_memory_equal(text, "50 xxx", 6);
    assert_non_null(strstr(text, "\n60 xxx"));
    const char *behind = strstr(text, "5 xxxxx\n");
    assert_true(behind && behind[-1] == '\n');
    assert_null(strstr(text, "61"));
    const char *told = strstr(text, "report: 2 failed\n");
    assert_true(told && told[-1] == '\n');
    close(fd);
}

/* The line end that ends a torn line fails, and then the disk has room: nothing is written on the torn line. */
static void a_torn_line_stays_alone(void **state)
{
    (void)state;
    int fd = scratch();
    struct writer *w = opened(fd, 1 << 20);
    script = "hff"; /* half of the first line, not its rest; not the line end */
    script_fd = fd;
    assert_true(say(w, 0, 5));
    wait_lost(w, 1);
    for (size_t i = 0; i < 3000 && *script != '\0'; i++) /* a report of the loss, or this line, meets the last fault */
        usleep(1000);
    assert_true(say(w, 0, 6));
    writer_close(w);
    script_fd = -1;
    char text[512] = { 0 };
    assert_true(pread(fd, text, sizeof text - 1, 0) > 0);
    assert_memory_equal(text, "5 xx\n", 5);
    assert_non_null(strstr(text, "\n6 xxxxxx\n"));
    assert_non_null(strstr(text, "\nreport: 1 failed\n"));
    close(fd);
}

/* Losses of another writer, and those of others, are reported by the log: the first at once, then once a second. */
static void reports_once_a_second(void **state)
{
    (void)state;
    int fd = scratch(), full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    struct writer *log = opened(fd, 1 << 20), *other = NULL;
    struct writer_opts opts = {
        .fd = full, .seats = 1, .held_max = 1000, .wake_at = 1, .full = FULL, .failed = OTHER, .log = log
    };
    assert_int_equal(writer_open(&other, &opts), 0);
    assert_true(say(other, 0, 10));
    wait_lost(other, 1);
    for (int i = 0; i < 150; i++) {
        writer_lose(log, FAILED, 2);
        usleep(10000);
    }
    writer_close(other);
    writer_close(log);
    char text[512] = { 0 };
    assert_true(pread(fd, text, sizeof text - 1, 0) > 0);
    assert_non_null(strstr(text, "report: 1 other\n"));
    uint64_t sum = 0;
    int reports = 0;
    for (const char *at = text; (at = strstr(at, "report: ")); at++) {
        char *behind;
        unsigned long n = strtoul(at + 8, &behind, 10);
        bool mine = strncmp(behind, " failed\n", 8) == 0;
        sum += mine ? n : 0;
        reports += mine;
    }
    assert_int_equal(sum, 300);
    assert_true(reports >= 2 && reports <= 5); /* 1.5 s, or more on a busy machine, and the end */
    close(fd);
    close(full);
}

static void opens_no_file(void **state)
{
    (void)state;
    struct writer *w = NULL;
    struct writer_opts opts = { .path = "/nowhere/at/all", .seats = 1, .held_max = 1000, .wake_at = 1 };
    assert_int_equal(writer_open(&w, &opts), MOCKET_EIO);
    assert_int_equal(errno, ENOENT);
    assert_null(w);
    writer_close(w);
    assert_int_equal(writer_lost(w), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_whole),
        cmocka_unit_test(a_full_pipe),
        cmocka_unit_test(an_end_that_nobody_waits_for),
        cmocka_unit_test(a_full_disk),
        cmocka_unit_test(a_torn_line_stays_alone),
        cmocka_unit_test(reports_once_a_second),
        cmocka_unit_test(opens_no_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
