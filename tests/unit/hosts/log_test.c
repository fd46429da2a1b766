/* What guests say: escaped, cut, put together from pieces, bounded in rate. */
#include "tests/unit/unit.h"

#include "hosts/c/guest/log.h"

struct written {
    char text[3 * 4096 * 4];
    size_t lines;
};

/* Marks a guest's words. */
static void take(void *data, int level, bool guest, mocket_span line)
{
    struct written *w = data;
    (void)level;
    w->lines++;
    if (w->lines < 3) {
        strcat(w->text, guest ? GUEST_LOG_PREFIX : "");
        memcpy(w->text + strlen(w->text), line.ptr, line.len);
        strcat(w->text, "|");
    }
}

/* What is escaped is base/escape_test's; here it is seen that a line is. */
static void escapes_what_is_not_printable(void **state)
{
    (void)state;
    static const struct {
        mocket_span in;
        const char *out;
    } rows[] = {
        { UNIT_ROW("plain text"), "guest: plain text|" },
        { UNIT_ROW(""), "guest: |" },
        { UNIT_ROW("\x1b[2J\r\n\0"), "guest: \\x1b[2J\\x0d\\x0a\\x00|" },
        { UNIT_ROW("\\x1b[2J"), "guest: \\\\x1b[2J|" },
        { UNIT_ROW("\xe2\x80\xa8mocket: forged"), "guest: \\xe2\\x80\\xa8mocket: forged|" },
    };
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        struct written w = { 0 };
        struct guest_log log = { .write = take, .data = &w };
        guest_log_line(&log, MOCKET_LOG_INFO, rows[i].in);
        unit_same(mocket__span(w.text), mocket__span(rows[i].out), i);
    }
}

/* Below the first line a text quotes the guest, and says so. */
static void marks_what_is_quoted(void **state)
{
    (void)state;
    struct written w = { 0 };
    struct guest_log log = { .write = take, .data = &w };
    guest_log_quote(&log, MOCKET_LOG_ERROR, MOCKET_SPAN("failed\nmocket: forged\n"));
    assert_string_equal(w.text, "failed|guest: mocket: forged|");
    guest_log_quote(&log, MOCKET_LOG_ERROR, MOCKET_SPAN("one line"));
    assert_int_equal(w.lines, 3);
}

static void cuts_long_lines(void **state)
{
    (void)state;
    static char wide[2 * GUEST_LOG_LINE];
    struct written w = { 0 };
    struct guest_log log = { .write = take, .data = &w };
    memset(wide, '\1', sizeof wide);
    guest_log_line(&log, MOCKET_LOG_INFO, (mocket_span){ wide, sizeof wide });
    assert_int_equal(strlen(w.text), strlen("guest:  ...|") + GUEST_LOG_LINE);
}

static void puts_lines_together(void **state)
{
    (void)state;
    struct written w = { 0 };
    struct guest_log log = { .write = take, .data = &w };
    struct guest_line line = { 0 };
    const char *pieces[] = { "he", "l", "lo\nwor", "ld" };
    for (size_t i = 0; i < UNIT_COUNT(pieces); i++)
        guest_line_add(&line, &log, MOCKET_LOG_INFO, mocket__span(pieces[i]));
    assert_string_equal(w.text, "guest: hello|");
    guest_line_end(&line, &log, MOCKET_LOG_INFO);
    assert_string_equal(w.text, "guest: hello|guest: world|");
    guest_line_end(&line, &log, MOCKET_LOG_INFO);
    assert_int_equal(w.lines, 2);
}

static void bounds_a_line_without_end(void **state)
{
    (void)state;
    struct written w = { 0 };
    struct guest_log log = { .write = take, .data = &w };
    struct guest_line line = { 0 };
    for (int i = 0; i < 100000; i++)
        guest_line_add(&line, &log, MOCKET_LOG_INFO, MOCKET_SPAN("abcdefgh"));
    guest_line_end(&line, &log, MOCKET_LOG_INFO);
    assert_int_equal(w.lines, 1);
    assert_int_equal(strlen(w.text), strlen("guest:  ...|") + GUEST_LOG_LINE);
}

/* What of a flood is written and dropped. */
struct flood {
    uint64_t lines, bytes, dropped;
};

static void take_flood(void *data, int level, bool guest, mocket_span line)
{
    struct flood *f = data;
    (void)level, (void)guest;
    f->lines++;
    f->bytes += line.len;
}

static void drop_flood(void *data)
{
    struct flood *f = data;
    f->dropped++;
}

/* The seconds that it took. */
static double flood(struct flood *f, struct guest_log *log, size_t count, mocket_span line)
{
    uint64_t began = guest_now_ns();
    log->write = take_flood;
    log->dropped = drop_flood;
    log->data = f;
    for (size_t i = 0; i < count; i++)
        guest_log_line(log, MOCKET_LOG_INFO, line);
    return (double)(guest_now_ns() - began) / 1e9;
}

static bool refuse_debug(void *data, int level)
{
    (void)data;
    return level < MOCKET_LOG_DEBUG;
}

/* Lines that nobody wants to see use up nothing of the rate. */
static void counts_wanted_lines_only(void **state)
{
    (void)state;
    struct flood f = { 0 };
    struct guest_log log = { .write = take_flood, .wanted = refuse_debug, .dropped = drop_flood, .data = &f };
    for (size_t i = 0; i < 10 * GUEST_LOG_RATE; i++)
        guest_log_line(&log, MOCKET_LOG_DEBUG, MOCKET_SPAN("x"));
    guest_log_line(&log, MOCKET_LOG_INFO, MOCKET_SPAN("seen"));
    assert_int_equal(f.lines, 1);
    assert_int_equal(f.dropped, 0);
}

static void bounds_the_rate_and_counts(void **state)
{
    (void)state;
    static struct guest_stats stats;
    struct flood f = { 0 };
    struct guest_log log = { .stats = &stats };
    double took = flood(&f, &log, 100000, MOCKET_SPAN("x"));
    assert_true(f.lines >= GUEST_LOG_RATE && (double)f.lines <= GUEST_LOG_RATE * (took + 1.1));
    assert_int_equal(f.lines + f.dropped, 100000);
    assert_int_equal(atomic_load(&stats.rows[GUEST_STAT_LOG_DROPPED]), f.dropped);
}

/* Time is not lost to rounding: lines that come a little less than a millisecond apart get the whole rate. */
static void uses_the_whole_rate(void **state)
{
    (void)state;
    struct flood f = { 0 };
    struct guest_log log = { 0 };
    flood(&f, &log, 2 * GUEST_LOG_RATE, MOCKET_SPAN("x")); /* empties it */
    uint64_t began = guest_now_ns();
    f.lines = 0;
    while (guest_now_ns() - began < 400000000) {
        usleep(300);
        flood(&f, &log, 1, MOCKET_SPAN("x"));
    }
    double passed = (double)(guest_now_ns() - began) / 1e9;
    assert_true((double)f.lines >= 0.9 * GUEST_LOG_RATE * passed - 20);
}

/* Bytes as they are written: four for each of these. */
static void bounds_bytes(void **state)
{
    (void)state;
    static const char zeros[1024];
    struct flood f = { 0 };
    struct guest_log log = { 0 };
    double rate = GUEST_LOG_KIB_RATE * 1024;
    double took = flood(&f, &log, 2000, (mocket_span){ zeros, sizeof zeros });
    assert_true((double)f.bytes >= rate && (double)f.bytes <= rate * (took + 1.1) + GUEST_LOG_LINE);
    assert_int_equal(f.lines + f.dropped, 2000);
    log.filled_ns -= 2000000000; /* two seconds later as much again fits, and no more */
    f = (struct flood){ 0 };
    took = flood(&f, &log, 2000, (mocket_span){ zeros, sizeof zeros });
    assert_true((double)f.bytes >= rate && (double)f.bytes <= rate * (took + 1.1) + GUEST_LOG_LINE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(escapes_what_is_not_printable),
        cmocka_unit_test(marks_what_is_quoted),
        cmocka_unit_test(cuts_long_lines),
        cmocka_unit_test(puts_lines_together),
        cmocka_unit_test(bounds_a_line_without_end),
        cmocka_unit_test(bounds_the_rate_and_counts),
        cmocka_unit_test(counts_wanted_lines_only),
        cmocka_unit_test(bounds_bytes),
        cmocka_unit_test(uses_the_whole_rate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
