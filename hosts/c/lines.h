/* The host's lines for the operator, on standard error: as text or as JSON. */
#ifndef MOCKET_HOSTS_C_LINES_H
#define MOCKET_HOSTS_C_LINES_H

#include <time.h>

#include "../../src/base/arena.h"
#include "guest/log.h"

enum lines_format { LINES_TEXT, LINES_JSON };

struct lines {
    enum lines_format format;
    int shown; /* the most talkative enum mocket_log_level that is written */
    int fd;
};

/* Who speaks. */
struct lines_voice {
    const struct lines *lines;
    int worker; /* from 1 on; 0: the main thread */
    bool guest;
};

/* Writes a line in one piece, so that those of several threads do not mix. text is printable (guest/log.h). */
void lines_write(const struct lines_voice *voice, int level, mocket_span text);

/* The callback of struct guest_log: data is a struct lines_voice. */
void lines_from_log(void *data, int level, bool guest, mocket_span text);

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
