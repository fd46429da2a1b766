/* A seat is a buffer with a lock of its own, which is held for the time of an append. The thread takes a whole buffer
 * and leaves an empty one, so it never holds a lock while it writes.
 *
 *     RUNNING --writer_close--> ENDING --everything is written--> DONE    writer_close joins the thread
 *                                  \-----WRITER_END_MS passed---> LEFT    the thread frees the writer
 *
 * A write may block for ever: a pipe that nobody reads, a disk that does not answer. Nothing but the writer's thread
 * waits for it then, and in the end it is left behind.
 *
 * What must stay true: a line is written whole or not at all, as far as the system lets us. To a pipe whole lines are
 * written in pieces of at most PIPE_BUF bytes, which the lines of other processes cannot divide. When a write fails in
 * the middle of a line, the rest of that line is lost, and the next one begins with a line end of its own. */
#include "writer.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../src/base/deadline.h"
#include "../../src/base/memory.h"
#include "../../src/base/span.h"
#include "guest/thread.h"

#define FILE_PIECE ((size_t)1 << 20) /* bytes of one write to a file */
#define KEPT ((size_t)256 << 10)     /* a larger buffer is given back once it was written */
#define AGAIN_MS 100                 /* between looks at a descriptor that takes nothing */

enum writer_state { WRITER_RUNNING, WRITER_ENDING, WRITER_DONE, WRITER_LEFT };

struct seat {
    uv_mutex_t lock;
    struct mocket_buf held; /* under lock */
    size_t before;          /* under lock: its bytes at writer_begin */
    char padding[64];       /* not two seats on a cache line */
};

struct writer {
    struct writer_opts opts;
    struct seat *seats;
    size_t seat_count;
    uv_thread_t thread;
    uv_mutex_t lock;
    uv_cond_t wake, over;
    enum writer_state state; /* under lock */
    bool urgent;             /* under lock */
    atomic_uint_fast64_t lost;
    atomic_uint_fast64_t unreported[WRITER_LOSSES];
    /* of the thread: */
    uint64_t reported_ns[WRITER_LOSSES];
    int fd;
    size_t piece;
    bool torn; /* the last byte that was written is inside a line */
};

/* ---- Losses ---- */

static void wake(struct writer *w)
{
    uv_mutex_lock(&w->lock);
    w->urgent = true;
    uv_cond_signal(&w->wake);
    uv_mutex_unlock(&w->lock);
}

void writer_lose(struct writer *w, int loss, uint64_t n)
{
    struct writer *log = w->opts.log ? w->opts.log : w;
    if (n > 0 && atomic_fetch_add_explicit(&log->unreported[loss], n, memory_order_relaxed) == 0)
        wake(log);
}

static void lose_one(struct writer *w)
{
    atomic_fetch_add_explicit(&w->lost, 1, memory_order_relaxed);
    writer_lose(w, w->opts.full, 1);
}

/* From the writer's thread. The log may be gone when this writer was left. */
static void lose_written(struct writer *w, uint64_t n)
{
    atomic_fetch_add_explicit(&w->lost, n, memory_order_relaxed);
    if (!w->opts.log) {
        atomic_fetch_add_explicit(&w->unreported[w->opts.failed], n, memory_order_relaxed);
        return;
    }
    uv_mutex_lock(&w->lock);
    if (w->state != WRITER_LEFT)
        writer_lose(w, w->opts.failed, n);
    uv_mutex_unlock(&w->lock);
}

uint64_t writer_lost(struct writer *w)
{
    return w ? atomic_load_explicit(&w->lost, memory_order_relaxed) : 0;
}

/* ---- The side of the threads that log ---- */

struct mocket_buf *writer_begin(struct writer *w, size_t seat, size_t spare)
{
    struct seat *s = &w->seats[seat];
    uv_mutex_lock(&s->lock);
    s->before = s->held.len;
    if (s->before + spare < w->opts.held_max)
        return &s->held;
    uv_mutex_unlock(&s->lock);
    lose_one(w);
    return NULL;
}

void writer_end(struct writer *w, size_t seat)
{
    struct seat *s = &w->seats[seat];
    size_t before = s->before;
    assert(s->held.len >= before); /* lines are appended only */
    bool whole = mocket__buf_status(&s->held) == 0;
    if (!whole) {
        s->held.len = before;
        s->held.status = 0;
    }
    size_t after = s->held.len;
    uv_mutex_unlock(&s->lock);
    if (!whole)
        lose_one(w);
    if (before < w->opts.wake_at && after >= w->opts.wake_at)
        wake(w);
}

/* ---- The side of the writer: the file ---- */

static void use_fd(struct writer *w, int fd)
{
    struct stat st;
    w->fd = fd;
    w->piece = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? FILE_PIECE : PIPE_BUF;
    w->torn = false;
}

/* A named pipe that nobody reads is refused (ENXIO) instead of waited for; files are opened as ever. */
static int open_file(struct writer *w)
{
    int fd = w->opts.fd;
    if (w->opts.path)
        fd = open(w->opts.path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640);
    if (fd < 0)
        return MOCKET_EIO;
    use_fd(w, fd);
    return 0;
}

/* Whoever rotates logs moves the file away. The old file takes the lines until there is a new one. */
static void follow_file(struct writer *w)
{
    struct stat here, there;
    int old = w->fd;
    if (!w->opts.path || fstat(old, &here) < 0)
        return;
    if (stat(w->opts.path, &there) == 0 && there.st_ino == here.st_ino && there.st_dev == here.st_dev)
        return;
    if (open_file(w) == 0)
        close(old);
}

/* ---- The side of the writer: writing ---- */

static bool is_left(struct writer *w)
{
    uv_mutex_lock(&w->lock);
    bool left = w->state == WRITER_LEFT;
    uv_mutex_unlock(&w->lock);
    return left;
}

/* Whole lines, where one fits. */
static size_t piece_of(const struct writer *w, mocket_span rest)
{
    if (rest.len <= w->piece)
        return rest.len;
    const char *end = memrchr(rest.ptr, '\n', w->piece);
    return end ? (size_t)(end - rest.ptr) + 1 : w->piece;
}

/* One write, whatever it takes. The bytes; below zero: it failed, or the writer was left. A descriptor that somebody
 * else made non-blocking is waited for. */
static ssize_t write_piece(struct writer *w, mocket_span piece)
{
    for (;;) {
        ssize_t n = write(w->fd, piece.ptr, piece.len);
        if (n >= 0 || (errno != EINTR && errno != EAGAIN))
            return n;
        if (errno == EAGAIN)
            poll(&(struct pollfd){ .fd = w->fd, .events = POLLOUT }, 1, AGAIN_MS);
        if (is_left(w))
            return -1;
    }
}

static uint64_t count_lines(mocket_span text)
{
    uint64_t count = 0;
    for (size_t at = 0; (at = mocket__span_find(text, '\n', at)) < text.len; at++)
        count++;
    return count;
}

/* Bytes that were written: fewer than there are when a write failed. */
static size_t write_out(struct writer *w, mocket_span lines)
{
    if (lines.len > 0 && w->torn) {
        if (write_piece(w, MOCKET_SPAN("\n")) != 1)
            return 0; /* what came behind it would be on the torn line */
        w->torn = false;
    }
    for (size_t at = 0; at < lines.len;) {
        mocket_span rest = mocket__span_slice(lines, at, lines.len);
        ssize_t n = write_piece(w, mocket__span_slice(rest, 0, piece_of(w, rest)));
        if (n < 0)
            return at;
        at += (size_t)n;
        w->torn = at > 0 && lines.ptr[at - 1] != '\n';
    }
    return lines.len;
}

static void write_seats(struct writer *w)
{
    struct mocket_buf spare = { 0 };
    for (size_t i = 0; i < w->seat_count; i++) {
        struct seat *s = &w->seats[i];
        uv_mutex_lock(&s->lock);
        struct mocket_buf full = s->held;
        s->held = spare;
        uv_mutex_unlock(&s->lock);
        size_t written = write_out(w, mocket__buf_view(&full));
        if (written < full.len)
            lose_written(w, count_lines(mocket__span_slice(mocket__buf_view(&full), written, full.len)));
        spare = full;
        mocket__buf_reset(&spare);
        if (spare.cap > KEPT)
            mocket__buf_release(&spare);
    }
    mocket__buf_release(&spare);
}

static bool is_due(const struct writer *w, int loss, uint64_t now_ns)
{
    return w->reported_ns[loss] == 0 || now_ns - w->reported_ns[loss] >= MOCKET_SECOND_NS;
}

/* Reports what was lost. A report that cannot be written is made again a second later. True: something is left. */
static bool write_reports(struct writer *w, bool last)
{
    bool left = false;
    for (int i = 0; w->opts.report && i < WRITER_LOSSES; i++) {
        struct mocket_buf line = { 0 };
        uint64_t now_ns = uv_hrtime(), n = 0;
        if (last || is_due(w, i, now_ns))
            n = atomic_exchange_explicit(&w->unreported[i], 0, memory_order_relaxed);
        if (n > 0) {
            w->reported_ns[i] = now_ns;
            w->opts.report(w->opts.format, i, n, &line);
            if (write_out(w, mocket__buf_view(&line)) < line.len || line.len == 0)
                atomic_fetch_add_explicit(&w->unreported[i], n, memory_order_relaxed);
            mocket__buf_release(&line);
        }
        left = left || atomic_load_explicit(&w->unreported[i], memory_order_relaxed) > 0;
    }
    return left;
}

/* ---- The side of the writer: its life ---- */

/* Until there is something to do. False: the writer ends. */
static bool await_work(struct writer *w, bool later)
{
    uv_mutex_lock(&w->lock);
    if (w->state == WRITER_RUNNING && !w->urgent) {
        if (later || w->opts.wake_at > 1)
            uv_cond_timedwait(&w->wake, &w->lock, MOCKET_SECOND_NS);
        else
            uv_cond_wait(&w->wake, &w->lock);
    }
    w->urgent = false;
    bool running = w->state == WRITER_RUNNING;
    uv_mutex_unlock(&w->lock);
    return running;
}

static void release(struct writer *w)
{
    if (w->opts.path && w->fd >= 0)
        close(w->fd);
    for (size_t i = 0; i < w->seat_count; i++) {
        uv_mutex_destroy(&w->seats[i].lock);
        mocket__buf_release(&w->seats[i].held);
    }
    mocket__free(w->seats);
    uv_cond_destroy(&w->over);
    uv_cond_destroy(&w->wake);
    uv_mutex_destroy(&w->lock);
    mocket__free(w);
}

static void run(void *arg)
{
    struct writer *w = arg;
    for (bool running = true, later = false; running;) {
        running = await_work(w, later);
        follow_file(w);
        write_seats(w);
        later = write_reports(w, !running);
    }
    uv_mutex_lock(&w->lock);
    bool left = w->state == WRITER_LEFT;
    if (!left)
        w->state = WRITER_DONE;
    uv_cond_signal(&w->over);
    uv_mutex_unlock(&w->lock);
    if (left)
        release(w);
}

static int open_seats(struct writer *w)
{
    w->seats = mocket__new(w->opts.seats * sizeof *w->seats);
    if (!w->seats)
        return MOCKET_ENOMEM;
    for (; w->seat_count < w->opts.seats; w->seat_count++)
        uv_mutex_init(&w->seats[w->seat_count].lock);
    return 0;
}

int writer_open(struct writer **out, const struct writer_opts *opts)
{
    struct writer *w = mocket__new(sizeof *w);
    if (!w)
        return MOCKET_ENOMEM;
    w->opts = *opts;
    w->fd = -1;
    uv_mutex_init(&w->lock);
    uv_cond_init(&w->wake);
    uv_cond_init(&w->over);
    int rc = open_seats(w);
    if (rc == 0)
        rc = open_file(w);
    if (rc == 0)
        rc = guest_thread_start(&w->thread, run, w);
    if (rc < 0) {
        int why = errno;
        release(w);
        errno = why;
        return rc;
    }
    *out = w;
    return 0;
}

void writer_close(struct writer *w)
{
    if (!w)
        return;
    uint64_t end = uv_hrtime() + WRITER_END_MS * MOCKET_MS_NS, now;
    uv_thread_t thread = w->thread;
    uv_mutex_lock(&w->lock);
    w->state = WRITER_ENDING;
    uv_cond_signal(&w->wake);
    while (w->state == WRITER_ENDING && (now = uv_hrtime()) < end)
        uv_cond_timedwait(&w->over, &w->lock, end - now);
    bool done = w->state == WRITER_DONE;
    if (!done)
        w->state = WRITER_LEFT;
    uv_mutex_unlock(&w->lock);
    if (!done) {
        pthread_detach(thread);
        return;
    }
    uv_thread_join(&thread);
    release(w);
}
