/* Clock and log of the loopback.
 *
 * Handlers put text of clients into log lines, so each line is escaped (base/escape.h): one call logs exactly one
 * line. */
#include "env.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "../base/deadline.h"
#include "../base/escape.h"

#define RANDOM_MAX 256 /* getentropy gives no more at a time */

static const char *const level_names[] = { "error", "warning", "info", "debug" };

static const char *level_name(int level)
{
    if (level < MOCKET_LOG_ERROR)
        level = MOCKET_LOG_ERROR;
    return level_names[level > MOCKET_LOG_DEBUG ? MOCKET_LOG_DEBUG : level];
}

static void log_line(struct mocket_env *env, int level, mocket_span line)
{
    (void)env;
    char text[MOCKET_LOG_LINE];
    struct mocket_escaped done = mocket__escape(text, sizeof text, line);
    fprintf(stderr, "mocket: %s: %.*s%s\n", level_name(level), (int)done.len, text,
            done.used < line.len ? MOCKET_LOG_CUT : "");
}

static uint64_t now_ns(struct mocket_env *env)
{
    (void)env;
    struct timespec now = { 0 };
    clock_gettime(CLOCK_MONOTONIC, &now);
    return mocket__timespec_ns(now);
}

static int fill_random(struct mocket_env *env, void *buf, size_t len)
{
    (void)env;
    char *at = buf;
    while (len > 0) {
        size_t n = len < RANDOM_MAX ? len : RANDOM_MAX;
        if (getentropy(at, n) < 0)
            return MOCKET_EIO;
        at += n;
        len -= n;
    }
    return 0;
}

/* Blocks: there are no other requests. */
static int sleep_here(struct mocket_env *env, mocket_event *e, uint32_t ms)
{
    (void)env;
    (void)e;
    struct timespec left = { .tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * (long)MOCKET_MS_NS };
    while (nanosleep(&left, &left) < 0)
        ;
    return 0;
}

void mocket__loopback_env(struct mocket_env *env, void *worker)
{
    *env = (struct mocket_env){
        .now_ns = now_ns, .log = log_line, .random = fill_random, .sleep = sleep_here, .worker = worker
    };
}
