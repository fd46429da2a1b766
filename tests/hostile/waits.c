/* A guest in direct style: it waits in the middle of a request, and goes on there. */
#include <errno.h>
#include <time.h>
#include <unistd.h>

#include "../abi/guest.h"

#define STREAM_LEN (8 << 20)
#define STREAMS 5
#ifdef CASE /* it takes bodies as they come */
#define FLAGS STREAMS
#else
#define FLAGS 1
#endif

static int count, last_code, started;
static const char *inline_body; /* of the present request, what was not read yet */
static uint32_t inline_len;

EXPORT("mocket_start") void start(void)
{
    while (access("/flags/stay", F_OK) == 0) /* instances that begin while this is there do not get ready */
        ;
    started = usleep(20000) == 0 ? 0 : errno; /* a start cannot wait */
    do_listen(1, FLAGS, "127.0.0.1:0", 11);
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
    int odd = do_await_any((const char *)ops + 2, 1);
    int second = do_await(ops[0]), stale = do_await(ops[0]);
    do_drop(ops[2]);
    NUMBERS(req, first, result, bad, none, far, odd, second, stale, do_await(ops[2]), do_await(12345));
}

/* Bytes, 0 at the end, or a code; waits. */
static int read_some(int req, char *bytes, uint32_t cap)
{
    if (inline_len > 0) {
        uint32_t n = inline_len < cap ? inline_len : cap;
        memcpy(bytes, inline_body, n);
        inline_body += n;
        inline_len -= n;
        return (int)n;
    }
    for (;;) {
        int n = do_body_read(req, bytes, cap);
        if (n != -13)
            return n;
        int result = do_await(do_ready(req, 0));
        if (result < 0)
            return result;
    }
}

static void sum(int req)
{
    static char bytes[10000];
    unsigned hash = 0, total = 0;
    int n;
    while ((n = read_some(req, bytes, sizeof bytes)) > 0) {
        total += (unsigned)n;
        for (int i = 0; i < n; i++)
            hash = hash * 31 + (unsigned char)bytes[i];
    }
    last_code = n;
    if (n == 0)
        NUMBERS(req, (int)total, (int)hash);
}

static void echo(int req)
{
    static char bytes[20000];
    begin(req);
    for (int n; (n = read_some(req, bytes, sizeof bytes)) > 0;)
        for (int at = 0; at < n;) {
            int taken = do_body_write(req, bytes + at, (uint32_t)(n - at));
            if (taken == -13)
                taken = do_await(do_ready(req, 1));
            if (taken < 0)
                return;
            at += taken;
        }
    do_body_end(req);
}

/* Waits for the body, and meanwhile goes on answering. */
static void talk(int req)
{
    int more = do_ready(req, 0);
    begin(req);
    for (int i = 0; i < 5; i++) {
        do_body_write(req, "tick ", 5);
        do_await(do_sleep(req, 300));
    }
    int result = do_await(more);
    char bytes[100];
    int n = result < 0 ? result : read_some(req, bytes, sizeof bytes);
    last_code = n;
    if (n > 0)
        do_body_write(req, bytes, (uint32_t)n);
    do_body_end(req);
}

static void work(int ms)
{
    int64_t end = do_now(1) + ms * (int64_t)1000000;
    while (do_now(1) < end)
        ;
}

static void handle_path(int req, const char *path, int number)
{
    if (strcmp(path, "/talk") == 0) {
        talk(req);
        return;
    }
    if (strcmp(path, "/total") == 0) { /* has 300 ms for all, and takes its time */
        do_deadline(req, 300);
        begin(req);
        for (int i = 0; i < 200 && (last_code = do_body_write(req, "tick ", 5)) > 0; i++)
            do_await(do_sleep(req, 20));
        do_body_end(req);
        return;
    }
    if (strcmp(path, "/eager") == 0) { /* answers, and waits for more of the body all the same */
        int more = do_ready(req, 0);
        answer(req, 200, "eager");
        last_code = do_await(more);
        return;
    }
    if (strcmp(path, "/answer-first") == 0) { /* answers, and waits then */
        answer(req, 200, "early");
        do_await(do_sleep(req, 200));
        return;
    }
    if (strcmp(path, "/impatient") == 0) { /* answers while it waits for the body */
        do_ready(req, 0);
        do_await(do_sleep(req, 50));
        answer(req, 200, "enough");
        return;
    }
    if (strcmp(path, "/libc") == 0) {
        int64_t before = do_now(1);
        int result = usleep((unsigned)number * 1000);
        struct timespec due = { .tv_sec = 0 };
        clock_gettime(CLOCK_MONOTONIC, &due);
        due.tv_nsec += 50000000;
        if (due.tv_nsec >= 1000000000) {
            due.tv_nsec -= 1000000000;
            due.tv_sec++;
        }
        int absolute = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
        int64_t ms = (do_now(1) - before) / 1000000;
        last_code = result;
        NUMBERS(req, result, absolute, ms >= number + 50 && ms < number + 10000);
        return;
    }
    if (strcmp(path, "/asked") == 0 || strcmp(path, "/asked-late") == 0) { /* for its fields, once more at the end */
        static uint32_t before[1024], after[1024];
        bool late = path[6] == '-';
        int size = do_fields(req, before, sizeof before);
        int result = late ? answer(req, 200, "answered") : do_await(do_sleep(req, 60000));
        do_await(do_sleep(0, 100)); /* the host has let go of the connection meanwhile */
        int again = do_fields(req, after, sizeof after);
        last_code = result == (late ? 0 : -4) && size > 64 && again == size && memcmp(before, after, (size_t)size) == 0;
        return;
    }
    if (strcmp(path, "/sum") == 0) {
        sum(req);
        return;
    }
    if (strcmp(path, "/echo") == 0) {
        echo(req);
        return;
    }
    if (strcmp(path, "/first") == 0) { /* answers before the body is over */
        char bytes[10];
        int n = read_some(req, bytes, sizeof bytes);
        NUMBERS(req, n);
        return;
    }
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
            do_await(do_sleep(req, 600));
        }
        do_body_end(req);
    } else if (strcmp(path, "/work") == 0) {
        begin(req);
        for (int i = 0; i < 10; i++) {
            work(50);
            do_await(do_sleep(req, 1));
        }
        do_body_end(req);
    } else if (strcmp(path, "/pour") == 0) {
        begin(req);
        for (int i = 0; i < 10; i++) {
            work(50);
            do_body_write(req, "drop ", 5);
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
        do_await(do_sleep(req, 3000));
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
    inline_body = message + words[MOCKET_ABI_REQ_BODY];
    inline_len = words[MOCKET_ABI_REQ_FLAGS] & MOCKET_ABI_BODY_HERE ? words[MOCKET_ABI_REQ_BODY + 1] : 0;
    if (words[MOCKET_ABI_REQ_FLAGS] & MOCKET_ABI_BODY_HERE && words[MOCKET_ABI_REQ_BODY_LEFT])
        __builtin_trap();
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
