/* The host's counts, over HTTP on an address of their own: /stats as JSON, /metrics as Prometheus reads it. Whoever
 * reaches the address may read them; it should be one that only the operator reaches. */
#ifndef MOCKET_HOSTS_C_STATS_H
#define MOCKET_HOSTS_C_STATS_H

#include <mocket.h>
#include <stddef.h>
#include <uv.h>

#include "../../src/base/buf.h"
#include "guest/stats.h"
#include "writer.h"

#define STATS_CONNECTIONS 64u

struct stats {
    const char *address; /* as mocket_listen takes it */
    const char *module;  /* its name */
    const struct guest_stats *rows;
    size_t row_count;
    struct mocket_account *account;                       /* NULL: not told */
    struct writer *lines, *access;                        /* their lost lines are counted too; NULL: there is none */
    void (*log)(void *data, int level, mocket_span line); /* lines of the server and its problems */
    void *data;
    /* its own: */
    mocket_app *app;
    uint64_t began_ns;
    uv_thread_t thread;
    uv_sem_t settled; /* it listens, or it failed */
    bool listening, running;
    char url[300];
};

/* Listens, on a thread of its own; all but its own members are filled in. 0, or below zero after a line in the log. */
int stats_open(struct stats *stats);
void stats_close(struct stats *stats); /* one that was never opened is fine */

/* The sum over the workers. */
uint64_t stats_sum(const struct stats *stats, enum guest_stat which);

/* What /metrics answers. */
void stats_metrics(const struct stats *stats, struct mocket_buf *out);

#endif
