/* What guests say, on its way to the operator: escaped, cut, and bounded in rate. One per worker. */
#ifndef MOCKET_HOSTS_C_GUEST_LOG_H
#define MOCKET_HOSTS_C_GUEST_LOG_H

#include "../../../src/base/account.h"
#include "../../../src/base/buf.h"
#include "../../../src/base/escape.h"
#include "stats.h"

#define GUEST_LOG_PREFIX "guest: "     /* in front of its lines, where they are text */
#define GUEST_LOG_LINE MOCKET_LOG_LINE /* bytes of one line, after escaping */
#define GUEST_LOG_RATE MOCKET_LOG_RATE /* and as many at once after a pause */
#define GUEST_LOG_KIB_RATE MOCKET_LOG_KIB_RATE

struct guest_log {
    /* One line without its end, printable; guest: these are its words, not the host's. */
    void (*write)(void *data, int level, bool guest, mocket_span line);
    bool (*wanted)(void *data, int level); /* lines of other levels are not looked at; NULL: all are wanted */
    void (*dropped)(void *data);           /* a line was over the rate and is not written; NULL: not called */
    void *data;
    struct guest_stats *stats; /* of the worker, for everything that counts here; NULL: nobody counts */
    struct mocket_till *till;  /* of the worker, for everything that is held here; NULL: nothing is charged */
    uint64_t denied_ns;        /* when it was last told of a server that is not granted; 0: never */
    uint64_t full_ns;          /* when it was last told that no more may be held; 0: never */
    uint64_t refused_ns;       /* when it was last told of a WebSocket that was refused; 0: never */
    uint64_t filled_ns;        /* when the two below were last raised; 0: never */
    int64_t lines_left;        /* billionths of lines that may be written now */
    int64_t bytes_left;        /* likewise, below zero after a line that went beyond */
};

/* Writes the line as the guest's. level: enum mocket_log_level. */
void guest_log_line(struct guest_log *log, int level, mocket_span line);
/* The same for each line of a text. */
void guest_log_text(struct guest_log *log, int level, mocket_span text);
/* The host's own words, which may quote a guest: line by line, escaped, and without bound. */
void guest_log_raw(struct guest_log *log, int level, mocket_span text);
/* The host's own words in the first line; the lines below it quote a guest, and are marked as its. Without bound. */
void guest_log_quote(struct guest_log *log, int level, mocket_span text);
/* As guest_log_raw, unless it was done in the last second: *last_ns is when, 0 never. */
void guest_log_seldom(struct guest_log *log, uint64_t *last_ns, int level, mocket_span text);
/* Tells, once a second at most, that the process holds as much as it may. */
void guest_log_full(struct guest_log *log);

/* Bytes that become a line: what a guest writes in pieces. A zeroed one is ready to use. */
struct guest_line {
    char *bytes; /* GUEST_LOG_LINE of them, once there is something to hold */
    size_t len;
};
void guest_line_add(struct guest_line *line, struct guest_log *log, int level, mocket_span bytes);
/* Writes what there is of a line without its end, and gives the memory back. */
void guest_line_end(struct guest_line *line, struct guest_log *log, int level);

/* Nanoseconds of a clock that never goes back. */
uint64_t guest_now_ns(void);

#endif
