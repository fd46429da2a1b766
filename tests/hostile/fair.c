/* A guest for fairness.py and stalling.py: /health answers at once; a path with the query s works for half a second,
 * with the query e for ever; every other path takes two seconds, in which it waits. CASE 1: event-driven, CASE 2: the
 * same, with many requests at once. */
#include "../abi/guest.h"

#define WAIT_MS 2000
#define WORK_NS 500000000
#define WAITS 4096

#ifndef CASE
#define CASE 0
#endif

static char room[1 << 16] __attribute__((aligned(8)));
static struct {
    int op, req;
} waits[WAITS];

EXPORT("mocket_start") void start(void)
{
    do_listen(1, CASE == 2 ? 2 : 1, "127.0.0.1:0", 11);
}

EXPORT("mocket_alloc") void *alloc(uint32_t len)
{
    return len <= sizeof room ? room : NULL;
}

static void work(void)
{
    for (int64_t end = do_now(1) + WORK_NS; do_now(1) < end;)
        for (volatile int n = 0; n < 10000; n++)
            ;
}

static void remember(int req, int op)
{
    int at = 0;
    while (at < WAITS - 1 && waits[at].op)
        at++;
    waits[at].op = op;
    waits[at].req = req;
}

EXPORT("mocket_handle") void handle(int req, uint32_t message, uint32_t len)
{
    const uint32_t *words = (const uint32_t *)message;
    const char *target = (const char *)message + words[4];
    uint32_t target_len = words[5];
    (void)len;
    if (target_len > 2 && memcmp(target + target_len - 2, "?s", 2) == 0) {
        work();
    } else if (target_len > 2 && memcmp(target + target_len - 2, "?e", 2) == 0) {
        for (;;)
            work();
    } else if (target_len < 2 || (target[1] != 'h' && target[1] != 'a')) {
        int op = do_sleep(req, WAIT_MS);
        if (CASE) {
            remember(req, op);
            return;
        }
        do_await(op);
    }
    answer(req, 200, "ok");
}

EXPORT("mocket_done") void done(int op, int result)
{
    (void)result;
    for (int at = 0; at < WAITS; at++) {
        if (waits[at].op != op)
            continue;
        waits[at].op = 0;
        answer(waits[at].req, 200, "ok");
        return;
    }
}
