/* A guest's text is hostile: it may hold terminal escapes, pretend to be lines of the host, or come a million lines a
 * second. So a line goes out in one piece, marked as its own, with everything escaped that is not printable UTF-8; it
 * is cut at 4 KiB; and each worker has a bucket of lines that refills with time. What did not fit is counted, and
 * told. */
#include "log.h"

#include <string.h>
#include <time.h>

#include "../../../src/base/memory.h"
#include "../../../src/base/span.h"

#define CUT " ..."

uint64_t guest_now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Bytes of the printable character at the front of s, or 0. */
static size_t printable(mocket_span s)
{
    unsigned char c = (unsigned char)s.ptr[0];
    if (c < 0x80)
        return c == '\t' || (c >= ' ' && c != 0x7f);
    size_t len = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
    if (len > s.len || !mocket__utf8_valid((mocket_span){ s.ptr, len }))
        return 0;
    bool control = c == 0xc2 && (unsigned char)s.ptr[1] < 0xa0; /* U+0080 to U+009F */
    return control ? 0 : len;
}

char *guest_log_escape(char *at, mocket_span s)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < s.len;) {
        size_t n = printable((mocket_span){ s.ptr + i, s.len - i });
        if (n) {
            memcpy(at, s.ptr + i, n);
            at += n;
            i += n;
            continue;
        }
        unsigned char c = (unsigned char)s.ptr[i++];
        *at++ = '\\';
        *at++ = 'x';
        *at++ = digits[c >> 4];
        *at++ = digits[c & 15];
    }
    return at;
}

static bool may_write(struct guest_log *log)
{
    uint64_t now = guest_now_ns(), passed = now - log->filled_ns;
    uint64_t fresh = passed >= 1000000000u ? GUEST_LOG_RATE : passed * GUEST_LOG_RATE / 1000000000u;
    if (fresh > 0) {
        uint64_t lines = log->lines_left + fresh;
        log->lines_left = lines > GUEST_LOG_RATE ? GUEST_LOG_RATE : (uint32_t)lines;
        log->filled_ns = now;
    }
    if (log->lines_left == 0)
        return false;
    log->lines_left--;
    return true;
}

void guest_log_full(struct guest_log *log)
{
    guest_log_seldom(log, &log->full_ns, MOCKET_LOG_WARN,
                     MOCKET_SPAN("the process holds as much memory as it may (--max-memory-total)"));
}

void guest_log_flush(struct guest_log *log)
{
    if (log->dropped == 0)
        return;
    char text[64];
    char *end = mocket__decimal(text, log->dropped);
    memcpy(end, " lines dropped", 14);
    end += 14;
    log->dropped = 0;
    log->write(log->data, MOCKET_LOG_WARN, false, (mocket_span){ text, (size_t)(end - text) });
}

static void write_escaped(struct guest_log *log, int level, bool guest, mocket_span line)
{
    char text[4 * GUEST_LOG_LINE + sizeof CUT];
    char *end = guest_log_escape(text, mocket__span_slice(line, 0, GUEST_LOG_LINE));
    if (line.len > GUEST_LOG_LINE)
        end = stpcpy(end, CUT);
    log->write(log->data, level, guest, (mocket_span){ text, (size_t)(end - text) });
}

void guest_log_line(struct guest_log *log, int level, mocket_span line)
{
    if (!may_write(log)) {
        log->dropped++;
        guest_count(log->stats, GUEST_STAT_LOG_DROPPED, 1);
        return;
    }
    guest_log_flush(log);
    write_escaped(log, level, true, line);
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

void guest_log_text(struct guest_log *log, int level, mocket_span text)
{
    each_line(log, level, text, guest_log_line);
}

void guest_log_raw(struct guest_log *log, int level, mocket_span text)
{
    each_line(log, level, text, write_raw);
}

void guest_log_seldom(struct guest_log *log, uint64_t *last_ns, int level, mocket_span text)
{
    uint64_t now = guest_now_ns();
    if (*last_ns && now - *last_ns < UINT64_C(1000000000))
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
