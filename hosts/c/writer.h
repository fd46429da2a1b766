/* The way of a log out of the process: lines are gathered in bounded buffers, and a thread writes them to a file or a
 * descriptor. A line that finds no room is dropped and counted, so the threads that log wait for no disk and no reader.
 *
 * Lines that were dropped are reported in the log, once a second at most for each kind of loss. Another log reports its
 * losses there too. */
#ifndef MOCKET_HOSTS_C_WRITER_H
#define MOCKET_HOSTS_C_WRITER_H

#include <uv.h>

#include "../../src/base/buf.h"

#define WRITER_LOSSES 8    /* kinds of losses that one writer reports */
#define WRITER_END_MS 2000 /* that writer_close waits for */

struct writer;

/* Writes the line that reports n lost lines. */
typedef void writer_report(int format, int loss, uint64_t n, struct mocket_buf *out);

struct writer_opts {
    const char *path;   /* a file, which is appended to, and made anew when it was moved away; NULL: fd */
    int fd;             /* stays the caller's */
    size_t seats;       /* buffers: lines of one keep their order */
    size_t held_max;    /* bytes that may wait in a seat */
    size_t wake_at;     /* bytes in a seat that are written at once; fewer wait for up to a second */
    int full, failed;   /* this writer's kinds of losses: there was no room; writing failed */
    struct writer *log; /* reports the losses of this writer, and is closed after it; NULL: this writer does */
    writer_report *report;
    int format; /* for report */
};

/* Opens the file and starts the thread. 0; MOCKET_EIO, errno tells why; MOCKET_ENOMEM; MOCKET_ELIMIT: no thread. */
int writer_open(struct writer **w, const struct writer_opts *opts);
/* Writes what is held, and frees the writer. When that takes longer than WRITER_END_MS, what is left is lost: the
 * thread ends with the process, or when the reader takes its lines. NULL is fine. */
void writer_close(struct writer *w);

/* Any thread. The buffer to which a line is appended, with its end, before writer_end is called; it is locked until
 * then. NULL: there is no room, the line was counted as lost and writer_end must not be called. spare: bytes of the
 * seat that are left for other lines. */
struct mocket_buf *writer_begin(struct writer *w, size_t seat, size_t spare);
void writer_end(struct writer *w, size_t seat);

/* Any thread. Reports lines that were dropped before they came to the writer. */
void writer_lose(struct writer *w, int loss, uint64_t n);

/* Any thread. Lines that found no room, or could not be written. NULL: 0. */
uint64_t writer_lost(struct writer *w);

#endif
