/* A worker appends its lines to a seat of its own, whose lock nobody else wants but once a second: then the writer
 * takes the whole buffer. So a request pays for making its line, and for nothing else.
 *
 * A line quotes the client: everything in it that is not printable is escaped, and in text the quotation mark and the
 * backslash are, so that a line cannot be forged. */
#include "access.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../../src/base/deadline.h"
#include "../../src/base/escape.h"
#include "../../src/base/memory.h"
#include "../../src/base/span.h"
#include "../../src/http/fields.h"

#define URGENT ((size_t)64 << 10) /* bytes after which the writer is woken before its time */
#define QUOTED_MAX 2048u          /* bytes of a target or a field in a line */

struct access_seat {
    struct access_writer writer; /* used between writer_begin and writer_end */
    char padding[64];
};

/* ---- A line ---- */

static mocket_span field(const struct mocket_message *m, mocket_span name)
{
    size_t at = 0;
    const struct mocket_field *row = m ? mocket__fields_next(&m->fields, name, &at) : NULL;
    return row ? mocket__span_slice(row->value, 0, QUOTED_MAX) : (mocket_span){ NULL, 0 };
}

static bool plain(unsigned char c)
{
    return c >= ' ' && c < 0x7f && c != '"' && c != '\\';
}

/* For text: as nginx does it, what is not plain is \xHH. */
static void quote(struct mocket_buf *out, mocket_span s)
{
    static const char digits[] = "0123456789ABCDEF";
    s = mocket__span_slice(s, 0, QUOTED_MAX);
    char *to = mocket__buf_room(out, 4 * s.len + 1), *start = to;
    if (!to)
        return;
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (plain(c)) {
            *to++ = (char)c;
            continue;
        }
        *to++ = '\\';
        *to++ = 'x';
        *to++ = digits[c >> 4];
        *to++ = digits[c & 15];
    }
    out->len += (size_t)(to - start);
}

static void quote_or_dash(struct mocket_buf *out, mocket_span s)
{
    mocket__buf_text(out, "\"");
    if (s.len)
        quote(out, s);
    else
        mocket__buf_text(out, "-");
    mocket__buf_text(out, "\"");
}

static const char *version(const struct mocket_message *m)
{
    return m->flags & MOCKET_MESSAGE_HTTP10 ? "HTTP/1.0" : "HTTP/1.1";
}

/* The client's address: the one that a trusted proxy reports, if any. */
static mocket_span peer(const struct mocket_native_done *d)
{
    if (d->peer_unknown)
        return MOCKET_SPAN("-");
    if (d->message && d->message->peer.len)
        return d->message->peer;
    return d->peer[0] ? mocket__span(d->peer) : MOCKET_SPAN("unix:");
}

static void text_request(struct mocket_buf *out, const struct mocket_message *m)
{
    if (!m)
        return;
    quote(out, m->method_text);
    mocket__buf_text(out, " ");
    quote(out, m->target);
    mocket__buf_text(out, " ");
    mocket__buf_text(out, version(m));
}

/* "[22/Nov/2026:20:13:26 +0000]" */
static void text_time(struct access_writer *w, struct mocket_buf *out)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    if (now.tv_sec != w->made_s) {
        struct tm parts;
        gmtime_r(&now.tv_sec, &parts);
        strftime(w->made, sizeof w->made, "[%d/%b/%Y:%H:%M:%S +0000]", &parts);
        w->made_s = now.tv_sec;
    }
    mocket__buf_text(out, w->made);
}

/* " 1.234" and the end of the line */
static void text_seconds(struct mocket_buf *out, uint64_t ns)
{
    unsigned ms = (unsigned)(ns / MOCKET_MS_NS % 1000u);
    char thousandths[] = { '.', (char)('0' + ms / 100), (char)('0' + ms / 10 % 10), (char)('0' + ms % 10), '\n' };
    mocket__buf_text(out, " ");
    mocket__buf_decimal(out, ns / MOCKET_SECOND_NS);
    mocket__buf_add(out, thousandths, sizeof thousandths);
}

static void text_line(struct access_writer *w, const struct mocket_native_done *d, uint64_t took_ns,
                      struct mocket_buf *out)
{
    quote(out, peer(d));
    mocket__buf_text(out, " - - ");
    text_time(w, out);
    mocket__buf_text(out, " \"");
    text_request(out, d->message);
    mocket__buf_text(out, "\" ");
    mocket__buf_decimal(out, (uint64_t)d->status);
    mocket__buf_text(out, " ");
    mocket__buf_decimal(out, d->body_out);
    mocket__buf_text(out, " ");
    quote_or_dash(out, field(d->message, MOCKET_SPAN("referer")));
    mocket__buf_text(out, " ");
    quote_or_dash(out, field(d->message, MOCKET_SPAN("user-agent")));
    text_seconds(out, took_ns);
}

/* Absent ones are left out. */
static void json_text(struct lines_object *o, const char *key, mocket_span s)
{
    s = mocket__span_slice(s, 0, QUOTED_MAX);
    size_t room = MOCKET_ESCAPE_MAX * s.len;
    char *text = s.len ? mocket__arena_alloc(&o->arena, room + 1) : NULL;
    if (!text)
        return;
    text[mocket__escape(text, room, s).len] = '\0';
    mocket_value_set_text(o->value, key, text);
}

static void json_line(const struct mocket_native_done *d, uint64_t took_ns, struct mocket_buf *out)
{
    const struct mocket_message *m = d->message;
    struct lines_object o;
    lines_object_begin(&o);
    json_text(&o, "peer", peer(d));
    if (m) {
        json_text(&o, "method", m->method_text);
        json_text(&o, "target", m->target);
        mocket_value_set_text(o.value, "version", version(m));
    }
    mocket_value_set_int(o.value, "status", d->status);
    mocket_value_set_bool(o.value, "complete", d->complete);
    mocket_value_set_int(o.value, "body_in", (int64_t)d->body_in);
    mocket_value_set_int(o.value, "body_out", (int64_t)d->body_out);
    mocket_value_set_int(o.value, "duration_us", (int64_t)(took_ns / 1000u));
    json_text(&o, "referer", field(m, MOCKET_SPAN("referer")));
    json_text(&o, "user_agent", field(m, MOCKET_SPAN("user-agent")));
    if (lines_object_end(&o, out))
        mocket__buf_text(out, "\n");
}

void access_line(struct access_writer *writer, const struct mocket_native_done *done, uint64_t now_ns,
                 struct mocket_buf *out)
{
    uint64_t took_ns = done->began_ns && now_ns > done->began_ns ? now_ns - done->began_ns : 0;
    if (writer->format == LINES_JSON)
        json_line(done, took_ns, out);
    else
        text_line(writer, done, took_ns, out);
}

/* ---- The log ---- */

void access_note(struct access *log, size_t seat, const struct mocket_native_done *done)
{
    struct mocket_buf *held = writer_begin(log->writer, seat, 0);
    if (!held)
        return;
    access_line(&log->seats[seat].writer, done, uv_hrtime(), held);
    writer_end(log->writer, seat);
}

int access_open(struct access *log, size_t seats)
{
    bool standard = strcmp(log->path, "-") == 0;
    log->seats = mocket__new(seats * sizeof *log->seats);
    if (!log->seats)
        return MOCKET_ENOMEM;
    for (size_t i = 0; i < seats; i++)
        log->seats[i].writer.format = log->format;
    return writer_open(&log->writer, &(struct writer_opts){ .path = standard ? NULL : log->path,
                                                            .fd = STDOUT_FILENO,
                                                            .seats = seats,
                                                            .held_max = ACCESS_HELD_MAX,
                                                            .wake_at = URGENT,
                                                            .full = LINES_LOST_ACCESS_FULL,
                                                            .failed = LINES_LOST_ACCESS_FAILED,
                                                            .log = log->log });
}

void access_close(struct access *log)
{
    writer_close(log->writer);
    mocket__free(log->seats);
    *log = (struct access){ 0 };
}
