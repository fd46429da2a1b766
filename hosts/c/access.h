/* The access log: a line for each request, gathered per worker and written by a thread of its own (writer.h), so that a
 * slow disk holds no worker up. What a worker holds is written within a second. */
#ifndef MOCKET_HOSTS_C_ACCESS_H
#define MOCKET_HOSTS_C_ACCESS_H

#include "../../src/backend/native/native.h"
#include "guest/stats.h"
#include "lines.h"

#define ACCESS_HELD_MAX ((size_t)4 << 20) /* bytes of a worker; lines beyond are dropped and counted */

struct access_seat;

struct access {
    const char *path; /* "-": standard output */
    enum lines_format format;
    struct writer *log; /* reports lines that were lost; NULL: they are only counted */
    struct access_seat *seats;
    struct writer *writer;
};

/* Opens the file for appending and starts the writer. path, format and log are filled in. 0; MOCKET_EIO, errno tells
 * why; MOCKET_ENOMEM; MOCKET_ELIMIT: no thread. A file that is moved away is made anew, within a second. */
int access_open(struct access *log, size_t seats);
void access_close(struct access *log); /* a zeroed one is fine */

/* From the worker of that seat. */
void access_note(struct access *log, size_t seat, const struct mocket_native_done *done);

/* The line itself, with its end; now_ns: by uv_hrtime. The writer keeps the time's text for a second. */
struct access_writer {
    enum lines_format format;
    time_t made_s;
    char made[32];
};
void access_line(struct access_writer *writer, const struct mocket_native_done *done, uint64_t now_ns,
                 struct mocket_buf *out);

#endif
