/* A guest's text is hostile: it may hold terminal escapes, pretend to be lines of the host, or come a million lines a
 * second. So a line is written in one piece, marked as the guest's and escaped (base/escape.h). It is cut at 4 KiB,
 * escapes included. Each worker has a bucket of lines and one of bytes, which refill with time. Without the limit of
 * bytes, lines that are escaped to four times their length could fill a disk at megabytes a second. Lines that did not
 * fit are counted, and whoever writes the log reports the count. */
#include "log.h"

#include <string.h>
#include <time.h>

#include "../../../src/base/deadline.h"
#include "../../../src/base/escape.h"
#include "../../../src/base/memory.h"
#include "../../../src/base/span.h"

#define SECOND_NS ((int64_t)MOCKET_SECOND_NS)

uint64_t guest_now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return mocket__timespec_ns(t);
}

/* left and rate are in billionths, so that nothing of the time is lost: credit raised by rate for each second that has
 * passed, up to one second's worth. */
static int64_t refill(int64_t left, int64_t rate, int64_t passed_ns)
{
    int64_t full = left + passed_ns * rate;
    return full < rate * SECOND_NS ? full : rate * SECOND_NS;
}

static bool may_write(struct guest_log *log)
{
    uint64_t now_ns = guest_now_ns();
    int64_t passed_ns = (int64_t)(now_ns - log->filled_ns);
    if (log->filled_ns == 0 || passed_ns > SECOND_NS)
        passed_ns = 2 * SECOND_NS; /* full again, whatever was owed */
    log->lines_left = refill(log->lines_left, GUEST_LOG_RATE, passed_ns);
    log->bytes_left = refill(log->bytes_left, GUEST_LOG_KIB_RATE * 1024, passed_ns);
    log->filled_ns = now_ns;
    return log->lines_left >= SECOND_NS && log->bytes_left > 0;
}

void guest_log_full(struct guest_log *log)
{
    guest_log_seldom(log, &log->full_ns, MOCKET_LOG_WARN,
                     MOCKET_SPAN("the process has reached its memory limit (--max-memory-total)"));
}

/* Bytes of the text that was written. */
static size_t write_escaped(struct guest_log *log, int level, bool guest, mocket_span line)
{
    char text[GUEST_LOG_LINE + sizeof MOCKET_LOG_CUT];
    struct mocket_escaped done = mocket__escape(text, GUEST_LOG_LINE, line);
    char *end = text + done.len;
    if (done.used < line.len)
        end = stpcpy(end, MOCKET_LOG_CUT);
    log->write(log->data, level, guest, (mocket_span){ text, (size_t)(end - text) });
    return (size_t)(end - text);
}

void guest_log_line(struct guest_log *log, int level, mocket_span line)
{
    if (log->wanted && !log->wanted(log->data, level))
        return;
    if (may_write(log)) {
        log->lines_left -= SECOND_NS;
        log->bytes_left -= (int64_t)write_escaped(log, level, true, line) * SECOND_NS;
        return;
    }
    guest_count(log->stats, GUEST_STAT_LOG_DROPPED, 1);
    if (log->dropped)
        log->dropped(log->data);
}

static void each_line(struct guest_log *log, int level, mocket_span text,
                      void (*write)(struct guest_log *, int, mocket_span))
{
    for (size_t at = 0; at < text.len;) {
        size_t end = mocket__span_find(text, '\n', at);
        if (end > at)
            write(log, level, mocket__span_slice(text, at, end));
        at = end + 1;
    }
}

static void write_raw(struct guest_log *log, int level, mocket_span line)
{
    write_escaped(log, level, false, line);
}

static void write_quoted(struct guest_log *log, int level, mocket_span line)
{
    write_escaped(log, level, true, line);
}

void guest_log_text(struct guest_log *log, int level, mocket_span text)
{
    each_line(log, level, text, guest_log_line);
}

void guest_log_raw(struct guest_log *log, int level, mocket_span text)
{
    each_line(log, level, text, write_raw);
}

void guest_log_quote(struct guest_log *log, int level, mocket_span text)
{
    size_t end = mocket__span_find(text, '\n', 0);
    each_line(log, level, mocket__span_slice(text, 0, end), write_raw);
    each_line(log, level, mocket__span_slice(text, end, text.len), write_quoted);
}

void guest_log_seldom(struct guest_log *log, uint64_t *last_ns, int level, mocket_span text)
{
    uint64_t now = guest_now_ns();
    if (*last_ns && now - *last_ns < (uint64_t)SECOND_NS)
        return;
    *last_ns = now;
    guest_log_raw(log, level, text);
}

/* Bytes without a line end, behind what is there. */
static void line_keep(struct guest_line *line, mocket_span bytes)
{
    if (!line->bytes)
        line->bytes = mocket__realloc(NULL, GUEST_LOG_LINE + 1);
    if (!line->bytes)
        return;
    size_t room = GUEST_LOG_LINE + 1 - line->len; /* one more than a line: guest_log_line sees that it is too long */
    size_t take = bytes.len < room ? bytes.len : room;
    memcpy(line->bytes + line->len, bytes.ptr, take);
    line->len += take;
}

static void line_write(struct guest_line *line, struct guest_log *log, int level)
{
    guest_log_line(log, level, (mocket_span){ line->bytes, line->len });
    line->len = 0;
}

void guest_line_add(struct guest_line *line, struct guest_log *log, int level, mocket_span bytes)
{
    for (size_t at = 0; at < bytes.len;) {
        size_t end = mocket__span_find(bytes, '\n', at);
        mocket_span piece = mocket__span_slice(bytes, at, end);
        bool whole = end < bytes.len;
        if (whole && line->len == 0) {
            guest_log_line(log, level, piece); /* the common case: nothing is copied */
        } else {
            line_keep(line, piece);
            if (whole)
                line_write(line, log, level);
        }
        at = end + 1;
    }
}

void guest_line_end(struct guest_line *line, struct guest_log *log, int level)
{
    if (line->len > 0)
        line_write(line, log, level);
    mocket__free(line->bytes);
    *line = (struct guest_line){ 0 };
}
