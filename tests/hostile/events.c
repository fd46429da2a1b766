/* An event-driven guest that serves many requests at once: the path says what it does with one. It answers codes, and
 * keeps books about what it was told. */
#include "../abi/guest.h"

#define OPS 4096
#define STREAM_LEN (8 << 20)

enum what { NOTHING, ANSWER, AGAIN, STUBBORN, ORDER, WRITE, LATE, DROPPED, ASK };

static struct op {
    int number, req;
    enum what what;
    int data;
} ops[OPS];

static int gone, closed, timed_out, dropped_told, late_told, handled, order[8], order_count, inside, fields_len;
static char pattern[65536];

static struct op *find(int number)
{
    for (int i = 0; i < OPS; i++)
        if (ops[i].number == number)
            return &ops[i];
    return NULL;
}

static int remember(int number, int req, enum what what, int data)
{
    struct op *op = find(0);
    if (number > 0)
        *op = (struct op){ number, req, what, data };
    return number;
}

static void answer_numbers(int req, const int *list, int count)
{
    char text[256] = "";
    for (int i = 0; i < count; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%d", i ? " " : "", list[i]);
    answer(req, 200, text);
}
#define NUMBERS(req, ...)                                                                                              \
    answer_numbers(req, (const int[]){ __VA_ARGS__ }, sizeof((const int[]){ __VA_ARGS__ }) / sizeof(int))

EXPORT("mocket_start") void start(void)
{
    for (size_t i = 0; i < sizeof pattern; i++)
        pattern[i] = (char)('a' + i % 26);
    do_option(MOCKET_ABI_OPTION_ON_DEMAND, 1);
    do_listen(1, 2, "127.0.0.1:0", 11);
}

EXPORT("mocket_alloc") void *room(uint32_t len)
{
    return malloc(len);
}

/* Answers when it has waited, waits again, and asks for the fields then. */
static void ask(int req, int answered)
{
    if (answered) {
        fields_len = do_fields(req, NULL, 0);
        return;
    }
    answer(req, 200, "early");
    remember(do_sleep(req, 50), req, ASK, 1);
}

/* Writes until left bytes are out, with the pattern's phase. */
static void write_on(int req, int left)
{
    while (left > 0) {
        int at = (STREAM_LEN - left) % 26, len = left < 60000 ? left : 60000;
        int n = do_body_write(req, pattern + at, (uint32_t)len);
        if (n == -13) {
            remember(do_ready(req, 1), req, WRITE, left);
            return;
        }
        if (n <= 0) {
            closed += n == -4;
            return;
        }
        left -= n;
    }
    do_body_end(req);
}

static int begin(int req)
{
    const uint32_t head[MOCKET_ABI_HEAD_WORDS] = { 200, 0, 0, sizeof head };
    return do_respond_begin(req, head, sizeof head);
}

static void misuse(int req)
{
    int op = do_sleep(req, 60000), twice[2];
    do_drop(op);
    do_drop(op);
    do_drop(req); /* a request is not the guest's to drop */
    twice[0] = begin(req) + do_ready(req, 0) * 0;
    twice[1] = begin(req);
    char text[128];
    snprintf(text, sizeof text, "%d %d %d %d %d %d", twice[0], twice[1], do_ready(req, 7), do_ready(req + 1, 0),
             do_sleep(req + 1, 1), answer(req, 200, ""));
    do_body_write(req, text, (uint32_t)strlen(text));
    do_body_end(req);
}

static void handle_path(int req, const char *path, int number)
{
    if (strcmp(path, "/ok") == 0)
        answer(req, 200, "hello");
    else if (strcmp(path, "/books") == 0)
        NUMBERS(req, gone, closed, timed_out, dropped_told, late_told);
    else if (strcmp(path, "/count") == 0)
        NUMBERS(req, handled);
    else if (strcmp(path, "/sleep") == 0)
        remember(do_sleep(req, (uint32_t)number), req, ANSWER, number);
    else if (strcmp(path, "/forever") == 0)
        remember(do_sleep(req, 50), req, AGAIN, 0);
    else if (strcmp(path, "/stubborn") == 0)
        remember(do_sleep(req, 50), req, STUBBORN, 0);
    else if (strcmp(path, "/ask") == 0)
        remember(do_sleep(req, 10), req, ASK, 0);
    else if (strcmp(path, "/asked") == 0)
        NUMBERS(req, fields_len);
    else if (strcmp(path, "/order") == 0)
        for (int i = 0; i < 3; i++)
            remember(do_sleep(req, (uint32_t)(90 - 30 * i)), req, ORDER, i);
    else if (strcmp(path, "/trap") == 0)
        __builtin_trap();
    else if (strcmp(path, "/loop") == 0)
        for (volatile int i = 0;; i++)
            ;
    else if (strcmp(path, "/early") == 0) /* ready before respond_begin */
        NUMBERS(req, do_ready(req, 1), do_ready(req, 2), do_ready(0, 0), do_sleep(-5, 1));
    else if (strcmp(path, "/misuse") == 0)
        misuse(req);
    else if (strcmp(path, "/stream") == 0) {
        begin(req);
        write_on(req, STREAM_LEN);
    } else if (strcmp(path, "/cut") == 0) {
        begin(req);
        do_body_write(req, "partly", 6);
    } else if (strcmp(path, "/cut-trap") == 0) {
        begin(req);
        do_body_write(req, "partly", 6);
        remember(do_sleep(req, 50), req, NOTHING, 1);
    } else if (strcmp(path, "/late") == 0) {
        answer(req, 200, "early");
        remember(do_sleep(req, 50), req, LATE, 0);
    } else if (strcmp(path, "/drop") == 0) {
        int op = do_sleep(req, 10);
        remember(op, req, DROPPED, 0);
        do_drop(op);
        remember(do_sleep(req, 60), req, ANSWER, 60);
    } else if (strcmp(path, "/greedy") == 0) {
        int n = 0, code;
        while ((code = do_sleep(req, 1)) > 0 && n < 1 << 20)
            n++;
        NUMBERS(req, n > 100, code);
    } else if (strcmp(path, "/instance-op") == 0) {
        remember(do_sleep(0, 10), 0, LATE, 0);
        answer(req, 200, "");
    }
    /* else no answer, and nothing that is waited for */
}

EXPORT("mocket_handle") void handle(int req, const char *message, uint32_t len)
{
    const uint32_t *words = (const uint32_t *)(const void *)message;
    char path[64];
    uint32_t target_len = words[MOCKET_ABI_REQ_TARGET + 1];
    snprintf(path, sizeof path, "%.*s", (int)target_len, message + words[MOCKET_ABI_REQ_TARGET]);
    char *number = strchr(path, '?');
    if (number)
        *number++ = '\0';
    (void)len;
    if (inside++)
        __builtin_trap(); /* the entry rule is broken */
    handled++;
    handle_path(req, path, number ? atoi(number) : 0);
    free((void *)(size_t)message);
    inside--;
}

EXPORT("mocket_done") void done(int number, int result)
{
    struct op *op = find(number), it = op ? *op : (struct op){ 0 };
    char text[32];
    if (inside || !op || number <= 0)
        __builtin_trap(); /* delivered twice, never begun, or from below an import */
    *op = (struct op){ 0 };
    closed += result == -4;
    timed_out += result == -7;
    if (result < 0 && it.what != STUBBORN)
        return;
    switch (it.what) {
    case ANSWER:
        snprintf(text, sizeof text, "slept %d", it.data);
        answer(it.req, 200, text);
        break;
    case AGAIN:
        remember(do_sleep(it.req, 50), it.req, AGAIN, 0);
        break;
    case STUBBORN:
        remember(do_sleep(it.req, 50), it.req, STUBBORN, 0);
        break;
    case ORDER:
        order[order_count++] = it.data;
        if (order_count == 3) {
            order_count = 0;
            NUMBERS(it.req, order[0], order[1], order[2]);
        }
        break;
    case ASK:
        ask(it.req, it.data);
        break;
    case WRITE:
        write_on(it.req, it.data);
        break;
    case LATE:
        late_told++;
        break;
    case DROPPED:
        dropped_told++;
        break;
    case NOTHING:
        if (it.data)
            __builtin_trap();
    }
}

EXPORT("mocket_gone") void on_gone(int req)
{
    if (inside || answer(req, 200, "") != -4)
        gone += answer(req, 200, "") == -7 ? 0 : 1000; /* what has died says how */
    gone++;
}
