/* The host's lines for the operator, on standard error: as text or as JSON. */
#ifndef MOCKET_HOSTS_C_LINES_H
#define MOCKET_HOSTS_C_LINES_H

#include <time.h>

#include "../../src/base/arena.h"
#include "guest/log.h"
#include "writer.h"

#define LINES_HELD_MAX ((size_t)1 << 20) /* bytes that wait to be written; lines beyond are dropped and counted */
#define LINES_SPARE (LINES_HELD_MAX / 4) /* of these, for the lines of the host alone */

enum lines_format { LINES_TEXT, LINES_JSON };

/* Lines that were lost: kind; how the report of n of them goes on. */
#define LINES_LOSSES(X)                                                                                                \
    X(RATE, " lines of guests dropped: a worker logs at most " LINES_NUMBER(                                           \
                GUEST_LOG_RATE) " lines and " LINES_NUMBER(GUEST_LOG_KIB_RATE) " KiB a second for them")               \
    X(FULL, " lines dropped: the log is read too slowly")                                                              \
    X(FAILED, " lines lost: the log could not be written")                                                             \
    X(ACCESS_FULL, " lines of the access log dropped: it is written too slowly")                                       \
    X(ACCESS_FAILED, " lines of the access log lost: it could not be written (is the disk full?)")
#define LINES_NUMBER(n) LINES_DIGITS(n)
#define LINES_DIGITS(n) #n

enum lines_loss {
#define LINES_LOSS_INDEX(id, text) LINES_LOST_##id,
    LINES_LOSSES(LINES_LOSS_INDEX)
#undef LINES_LOSS_INDEX
};

struct lines {
    enum lines_format format;
    int shown; /* the most talkative enum mocket_log_level that is written */
    int fd;
    struct writer *writer; /* NULL, before lines_open and after lines_close: each line is written by its own thread */
};

/* Who speaks. */
struct lines_voice {
    const struct lines *lines;
    int worker; /* from 1 on; 0: the main thread */
    bool guest;
};

/* Starts the writer: from now on no thread waits for whoever reads fd. 0 or below zero: there is no writer. */
int lines_open(struct lines *lines);
/* Writes what is held, for WRITER_END_MS at most. */
void lines_close(struct lines *lines);

/* Writes a line. text is printable (guest/log.h). */
void lines_write(const struct lines_voice *voice, int level, mocket_span text);

/* The callbacks of struct guest_log: data is a struct lines_voice. */
void lines_from_log(void *data, int level, bool guest, mocket_span text);
bool lines_wanted(void *data, int level);
void lines_dropped(void *data);

/* A line as a JSON object, which begins with its time. */
struct lines_object {
    struct mocket_arena arena;
    mocket_value *value;
};
void lines_object_begin(struct lines_object *o);
/* Appends its text, or nothing if there was no memory: false. */
bool lines_object_end(struct lines_object *o, struct mocket_buf *out);

/* "2026-11-22T20:13:26.123Z" and a NUL. */
#define LINES_TIME 25
void lines_time(char text[LINES_TIME], struct timespec when);

#endif
