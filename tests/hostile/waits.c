/* A guest in direct style: it waits in the middle of a request, and goes on there. */
#include "guest.h"

IMPORT("mocket", "sleep") int do_sleep(int owner, uint32_t ms);
IMPORT("mocket", "ready") int do_ready(int handle, int direction);
IMPORT("mocket", "drop") void do_drop(int handle);
IMPORT("mocket", "await") int do_await(int op);
IMPORT("mocket", "await_any") int do_await_any(const int *ops, uint32_t count);

#define STREAM_LEN (8 << 20)

static int count, last_code, started;

EXPORT("mocket_start") void start(void)
{
    started = do_await(do_sleep(0, 20));
    do_listen(1, 1, "127.0.0.1:0", 11);
}

EXPORT("mocket_alloc") void *room(uint32_t len)
{
    return malloc(len);
}

static void answer_numbers(int req, const int *list, int n)
{
    char text[256] = "";
    for (int i = 0; i < n; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%d", i ? " " : "", list[i]);
    answer(req, 200, text);
}
#define NUMBERS(req, ...)                                                                                              \
    answer_numbers(req, (const int[]){ __VA_ARGS__ }, sizeof((const int[]){ __VA_ARGS__ }) / sizeof(int))

static int begin(int req)
{
    const uint32_t head[MOCKET_ABI_HEAD_WORDS] = { 200, 0, 0, sizeof head };
    return do_respond_begin(req, head, sizeof head);
}

static void stream(int req)
{
    static char pattern[65536];
    for (size_t i = 0; i < sizeof pattern; i++)
        pattern[i] = (char)('a' + i % 26);
    begin(req);
    for (int left = STREAM_LEN; left > 0;) {
        int at = (STREAM_LEN - left) % 26, len = left < 60000 ? left : 60000;
        int n = do_body_write(req, pattern + at, (uint32_t)len);
        if (n == -13)
            n = do_await(do_ready(req, 1));
        if (n < 0) {
            last_code = n;
            return;
        }
        left -= n;
    }
    do_body_end(req);
}

static void any(int req)
{
    int ops[3] = { do_sleep(req, 80), do_sleep(req, 20), do_sleep(req, 5000) };
    int first = do_await_any(ops, 3), result = do_await(ops[1]);
    int bad = do_await_any(ops, 3), none = do_await_any(ops, 0), far = do_await_any((const int *)0xfffffff0, 8);
    int second = do_await(ops[0]), stale = do_await(ops[0]);
    do_drop(ops[2]);
    NUMBERS(req, first, result, bad, none, far, second, stale, do_await(ops[2]), do_await(12345));
}

static void handle_path(int req, const char *path, int number)
{
    if (strcmp(path, "/ok") == 0)
        answer(req, 200, "hello");
    else if (strcmp(path, "/count") == 0)
        NUMBERS(req, count);
    else if (strcmp(path, "/started") == 0)
        NUMBERS(req, started);
    else if (strcmp(path, "/last") == 0)
        NUMBERS(req, last_code);
    else if (strcmp(path, "/sleep") == 0) {
        int result = do_await(do_sleep(req, (uint32_t)number));
        last_code = result;
        char text[32];
        snprintf(text, sizeof text, "slept %d", number);
        answer(req, 200, text);
    } else if (strcmp(path, "/any") == 0)
        any(req);
    else if (strcmp(path, "/stream") == 0)
        stream(req);
    else if (strcmp(path, "/ticks") == 0) {
        begin(req);
        for (int i = 0; i < 5; i++) {
            do_body_write(req, "tick ", 5);
            do_await(do_sleep(req, 60));
        }
        do_body_end(req);
    } else if (strcmp(path, "/deadline") == 0) {
        do_deadline(req, 100);
        last_code = do_await(do_sleep(req, 60000));
    } else if (strcmp(path, "/stubborn") == 0)
        for (;;)
            do_await(do_sleep(0, 20));
    else if (strcmp(path, "/busy-stubborn") == 0) {
        do_deadline(req, 100);
        do_await(do_sleep(req, 60000));
        for (volatile int i = 0;; i++)
            ;
    } else if (strcmp(path, "/trap") == 0) {
        do_await(do_sleep(req, 20));
        __builtin_trap();
    } else if (strcmp(path, "/loop") == 0) {
        do_await(do_sleep(req, 20));
        for (volatile int i = 0;; i++)
            ;
    } else if (strcmp(path, "/late") == 0) {
        answer(req, 200, "early");
        do_await(do_sleep(req, 100));
        last_code = 77;
    } else if (strcmp(path, "/exit") == 0) {
        do_await(do_sleep(req, 20));
        exit(3);
    }
    /* else no answer */
}

EXPORT("mocket_handle") void handle(int req, const char *message, uint32_t len)
{
    const uint32_t *words = (const uint32_t *)(const void *)message;
    char path[64];
    snprintf(path, sizeof path, "%.*s", (int)words[MOCKET_ABI_REQ_TARGET + 1], message + words[MOCKET_ABI_REQ_TARGET]);
    char *number = strchr(path, '?');
    if (number)
        *number++ = '\0';
    (void)len;
    count++;
    handle_path(req, path, number ? atoi(number) : 0);
    free((void *)(size_t)message);
}

/* Not to be called in a module that imports await. */
EXPORT("mocket_done") void done(int op, int result)
{
    (void)op;
    (void)result;
    __builtin_trap();
}

EXPORT("mocket_gone") void on_gone(int req)
{
    (void)req;
    __builtin_trap();
}
