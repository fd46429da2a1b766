/* An app's text is hostile: it may hold terminal escapes, pretend to be lines of the platform, or come a million lines
 * a second. Lines and bytes are counted for each second. Lines beyond the limits are counted, and the count is logged
 * with the first line of a later second. */
#include "log.h"

#include "../../../src/base/deadline.h"
#include "../../../src/base/escape.h"
#include "../../../src/base/span.h"

#define SHOWN 256u /* bytes of a target */

mocket_span adapter_log_written(int level, mocket_span line)
{
    static const char *const words[] = {
        [MOCKET_LOG_ERROR] = "error: ", [MOCKET_LOG_WARN] = "warning: ", [MOCKET_LOG_INFO] = "",
        [MOCKET_LOG_DEBUG] = "debug: ", [ADAPTER_OUTPUT] = "",           [ADAPTER_ERRORS] = ""
    };
    static char text[MOCKET_LOG_LINE + sizeof MOCKET_LOG_CUT + 16];
    size_t len = strlen(words[level]);
    memcpy(text, words[level], len);
    memcpy(text + len, line.ptr, line.len);
    text[len + line.len] = '\n';
    return (mocket_span){ text, len + line.len + 1 };
}

static bool may_write(struct adapter *a)
{
    uint64_t now = port_now_ns(MOCKET_ABI_MONOTONIC);
    if (a->log_since_ns == 0 || now - a->log_since_ns >= MOCKET_SECOND_NS) {
        a->log_since_ns = now | 1;
        a->log_lines = MOCKET_LOG_RATE;
        a->log_bytes = MOCKET_LOG_KIB_RATE * 1024;
    }
    if (a->log_lines > 0 && a->log_bytes > 0)
        return true;
    a->log_dropped++;
    return false;
}

static void write_dropped(struct adapter *a)
{
    char text[64], *at = mocket__decimal(text, a->log_dropped);
    mocket_span rest = MOCKET_SPAN(" lines of the app were dropped");
    memcpy(at, rest.ptr, rest.len);
    a->log_dropped = 0;
    port_log(MOCKET_LOG_WARN, (mocket_span){ text, (size_t)(at - text) + rest.len });
}

void adapter_log_line(int level, mocket_span line)
{
    struct adapter *a = adapter_here();
    char *text = a->log_room;
    if (!may_write(a))
        return;
    if (a->log_dropped > 0)
        write_dropped(a);
    struct mocket_escaped done = mocket__escape(text, MOCKET_LOG_LINE, line);
    if (done.used < line.len) {
        memcpy(text + done.len, MOCKET_LOG_CUT, sizeof MOCKET_LOG_CUT - 1);
        done.len += sizeof MOCKET_LOG_CUT - 1;
    }
    a->log_lines--;
    a->log_bytes -= (int64_t)done.len;
    port_log(level, (mocket_span){ text, done.len });
}

void adapter_log(int level, mocket_span text)
{
    for (size_t at = 0; at < text.len;) {
        size_t end = mocket__span_find(text, '\n', at);
        if (end > at)
            adapter_log_line(level, mocket__span_slice(text, at, end));
        at = end + 1;
    }
}

void adapter_log_request(struct adapter_exchange *x, int level, mocket_span text)
{
    struct mocket_buf line = { 0 };
    mocket__buf_span(&line, x->message.method_text);
    mocket__buf_text(&line, " ");
    mocket__buf_span(&line, mocket__span_slice(x->message.target, 0, SHOWN));
    mocket__buf_text(&line, ": ");
    mocket__buf_span(&line, text);
    adapter_log(level, mocket__buf_view(&line));
    mocket__buf_release(&line);
}

static void flush(struct adapter *a, unsigned which)
{
    adapter_log_line(which == 1 ? ADAPTER_ERRORS : ADAPTER_OUTPUT, mocket__buf_view(&a->lines[which]));
    mocket__buf_reset(&a->lines[which]);
}

void adapter_log_add(struct adapter *a, unsigned which, mocket_span bytes)
{
    struct mocket_buf *line = &a->lines[which];
    for (size_t at = 0; at < bytes.len;) {
        size_t end = mocket__span_find(bytes, '\n', at), room = MOCKET_LOG_LINE + 1 - line->len;
        mocket_span piece = mocket__span_slice(bytes, at, end);
        mocket__buf_span(line, mocket__span_slice(piece, 0, room)); /* a byte more shows that the line is too long */
        if (end < bytes.len)
            flush(a, which);
        at = end + 1;
    }
}

void adapter_log_flush(struct adapter *a)
{
    for (unsigned i = 0; i < sizeof a->lines / sizeof *a->lines; i++)
        if (a->lines[i].len > 0)
            flush(a, i);
}
