/* A worker appends its lines to a buffer of its own, under a lock that nobody else wants but once a second: then the
 * writer takes the whole buffer and leaves an empty one. So a request pays for making its line, and for nothing else.
 *
 * A line quotes the client: everything in it that is not printable is escaped, and in text the quotation mark and the
 * backslash are, so that a line cannot be forged. */
#include "access.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../src/base/escape.h"
#include "../../src/base/memory.h"
#include "../../src/base/span.h"
#include "../../src/http/fields.h"

#define PERIOD_NS 1000000000u
#define URGENT ((size_t)64 << 10) /* bytes after which the writer is woken before its time */
#define QUOTED_MAX 2048u          /* bytes of a target or a field in a line */

struct access_seat {
    uv_mutex_t lock;
    struct mocket_buf held; /* under lock */
    struct access_writer writer;
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
    unsigned ms = (unsigned)(ns / 1000000u % 1000u);
    char thousandths[] = { '.', (char)('0' + ms / 100), (char)('0' + ms / 10 % 10), (char)('0' + ms % 10), '\n' };
    mocket__buf_text(out, " ");
    mocket__buf_decimal(out, ns / 1000000000u);
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

/* ---- The workers' side ---- */

static void wake_writer(struct access *log)
{
    uv_mutex_lock(&log->lock);
    log->urgent = true;
    uv_cond_signal(&log->wake);
    uv_mutex_unlock(&log->lock);
}

void access_note(struct access *log, size_t seat, const struct mocket_native_done *done, struct guest_stats *stats)
{
    struct access_seat *s = &log->seats[seat];
    uv_mutex_lock(&s->lock);
    size_t before = s->held.len;
    bool room = before < ACCESS_HELD_MAX;
    if (room)
        access_line(&s->writer, done, uv_hrtime(), &s->held);
    if (mocket__buf_status(&s->held) < 0)
        room = false, mocket__buf_release(&s->held);
    size_t after = s->held.len;
    uv_mutex_unlock(&s->lock);
    if (!room)
        guest_count(stats, GUEST_STAT_ACCESS_DROPPED, 1);
    if (before < URGENT && after >= URGENT)
        wake_writer(log);
}

/* ---- The writer's side ---- */

static int open_file(const struct access *log)
{
    if (strcmp(log->path, "-") == 0)
        return STDOUT_FILENO;
    return open(log->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0640);
}

/* Whoever rotates logs moves the file away. */
static void follow_file(struct access *log)
{
    struct stat here, there;
    if (log->fd == STDOUT_FILENO || fstat(log->fd, &here) < 0)
        return;
    if (stat(log->path, &there) == 0 && there.st_ino == here.st_ino && there.st_dev == here.st_dev)
        return;
    int fd = open_file(log);
    if (fd < 0)
        return; /* the old file takes the lines until there is a new one */
    close(log->fd);
    log->fd = fd;
}

static void write_out(int fd, const struct mocket_buf *lines)
{
    for (size_t at = 0; at < lines->len;) {
        ssize_t n = write(fd, lines->ptr + at, lines->len - at);
        if (n < 0 && errno != EINTR)
            return; /* a full disk, a reader that left: there is nobody to tell line by line */
        at += n > 0 ? (size_t)n : 0;
    }
}

static void write_all(struct access *log)
{
    struct mocket_buf spare = { 0 };
    for (size_t i = 0; i < log->seat_count; i++) {
        struct access_seat *s = &log->seats[i];
        uv_mutex_lock(&s->lock);
        struct mocket_buf full = s->held;
        s->held = spare;
        uv_mutex_unlock(&s->lock);
        write_out(log->fd, &full);
        spare = full;
        mocket__buf_reset(&spare);
    }
    mocket__buf_release(&spare);
}

static void run(void *arg)
{
    struct access *log = arg;
    for (bool stop = false; !stop;) {
        uv_mutex_lock(&log->lock);
        if (!log->stop && !log->urgent)
            uv_cond_timedwait(&log->wake, &log->lock, PERIOD_NS);
        stop = log->stop;
        log->urgent = false;
        uv_mutex_unlock(&log->lock);
        follow_file(log);
        write_all(log);
    }
}

/* ---- Life ---- */

static int open_seats(struct access *log, size_t count)
{
    log->seats = mocket__new(count * sizeof *log->seats);
    if (!log->seats)
        return MOCKET_ENOMEM;
    for (; log->seat_count < count; log->seat_count++) {
        uv_mutex_init(&log->seats[log->seat_count].lock);
        log->seats[log->seat_count].writer.format = log->format;
    }
    return 0;
}

int access_open(struct access *log, size_t seats)
{
    int rc = open_seats(log, seats);
    if (rc < 0)
        return rc;
    log->fd = open_file(log);
    if (log->fd < 0)
        return MOCKET_EIO;
    uv_mutex_init(&log->lock);
    uv_cond_init(&log->wake);
    log->running = uv_thread_create(&log->thread, run, log) == 0;
    errno = log->running ? 0 : EAGAIN;
    return log->running ? 0 : MOCKET_EIO;
}

void access_close(struct access *log)
{
    if (log->running) {
        uv_mutex_lock(&log->lock);
        log->stop = true;
        uv_cond_signal(&log->wake);
        uv_mutex_unlock(&log->lock);
        uv_thread_join(&log->thread);
        uv_cond_destroy(&log->wake);
        uv_mutex_destroy(&log->lock);
        if (log->fd != STDOUT_FILENO)
            close(log->fd);
    }
    for (size_t i = 0; i < log->seat_count; i++) {
        uv_mutex_destroy(&log->seats[i].lock);
        mocket__buf_release(&log->seats[i].held);
    }
    mocket__free(log->seats);
    *log = (struct access){ 0 };
}
