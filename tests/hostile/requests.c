/* A guest that does something wrong with each request: the path says what. Its answers are the codes that the host
 * gave. */
#include <unistd.h>

#include "../abi/guest.h"

static int requests, last_req, last_code;
static const char *message_now; /* of the present request */
static char alloc_wish[16];

EXPORT("mocket_start") void start(void)
{
    do_listen(1, 1, "127.0.0.1:0", 11);
}

/* Paths that concern the next call of mocket_alloc leave their word here. */
EXPORT("mocket_alloc") void *room(uint32_t len)
{
    char wish = alloc_wish[0];
    alloc_wish[0] = '\0';
    switch (wish) {
    case '0':
        return NULL;
    case 'o':
        return (void *)0xfffffff8;
    case 'm':
        return (void *)12;
    case 't':
        __builtin_trap();
    default:
        return malloc(len);
    }
}

static void codes(int req, const int *list, int count)
{
    char text[256] = "";
    for (int i = 0; i < count; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%d", i ? " " : "", list[i]);
    answer(req, 200, text);
}

#define CODES(req, ...) codes(req, (const int[]){ __VA_ARGS__ }, sizeof((const int[]){ __VA_ARGS__ }) / sizeof(int))

#define LARGE (12 << 20)

/* ---- One function for each path ---- */

static void path_ok(int req)
{
    answer(req, 200, "hello");
}

static void path_count(int req)
{
    char text[16];
    snprintf(text, sizeof text, "%d", requests);
    answer(req, 200, text);
}

static void path_trap(int req)
{
    (void)req;
    __builtin_trap();
}

static void path_none(int req)
{
    (void)req;
}

/* What happens after a complete answer does not change it. */
static void path_late_trap(int req)
{
    answer(req, 200, "complete");
    __builtin_trap();
}

static void path_twice(int req)
{
    answer(req, 200, "first");
    last_code = answer(req, 200, "second");
}

static void path_last(int req)
{
    CODES(req, last_code);
}

static void path_ranges(int req)
{
    const uint32_t head[] = { 200, 0, 0, 16 };
    const char *far = (const char *)0xfffffff0;
    CODES(req, do_respond(req, far, 16, "", 0), do_respond(req, head, 16, far, 16),
          do_respond(req, head, 16, far, 0x7fffffff), do_respond(req, head, 0xffffffff, "", 0),
          do_respond(req, head, 16, head, 0xffffffff));
}

static void path_heads(int req)
{
    uint32_t status[] = { 99, 0, 0, 16 }, flags[] = { 200, 1, 0, 16 }, rows[] = { 200, 0, 0x10000000, 16 };
    uint32_t offset[] = { 200, 0, 1, 0xfffffff0 }, inside[] = { 200, 0, 1, 16, 0xffffffff, 2, 0, 0 };
    uint32_t upgrade[] = { 101, 0, 0, 16 };
    static char huge[65540];
    memcpy(huge, &(uint32_t[]){ 200, 0, 0, 16 }, 16);
    CODES(req, do_respond(req, status, 16, "", 0), do_respond(req, flags, 16, "", 0), do_respond(req, rows, 16, "", 0),
          do_respond(req, offset, 16, "", 0), do_respond(req, inside, 32, "", 0), do_respond(req, upgrade, 16, "", 0),
          do_respond(req, huge, sizeof huge, "", 0), do_respond(req, status, 3, "", 0));
}

static void path_fields(int req)
{
    CODES(req, answer_field(req, "x y", "v"), answer_field(req, "x", "a\r\nb: c"), answer_field(req, "", "v"),
          answer_field(req, "x", "a\nb"));
}

static bool same_text(const char *a, const uint32_t *at_a, const char *b, const uint32_t *at_b)
{
    return at_a[1] == at_b[1] && memcmp(a + at_a[0], b + at_b[0], at_a[1]) == 0;
}

/* Is what `fields` wrote the message of mocket_handle, but for the body? */
static bool is_message(const char *asked)
{
    const uint32_t *a = (const uint32_t *)(const void *)asked, *b = (const uint32_t *)(const void *)message_now;
    bool same = a[0] == b[0] && a[1] == (b[1] & ~(uint32_t)MOCKET_ABI_BODY_HERE) && a[10] == b[10] && a[10] > 0 &&
                a[13] == 0 && a[14] == 0 && a[15] == 0;
    for (uint32_t word = MOCKET_ABI_REQ_METHOD_TEXT; word < MOCKET_ABI_REQ_FIELD_COUNT; word += 2)
        same &= same_text(asked, a + word, message_now, b + word);
    for (uint32_t i = 0; same && i < a[10] * 2; i++)
        same &= same_text(asked, a + a[11] / 4 + i * 2, message_now, b + b[11] / 4 + i * 2);
    return same;
}

static void path_asked(int req)
{
    static uint32_t room[1024];
    char *bytes = (char *)room;
    int size = do_fields(req, NULL, 0), exact, small;
    memset(room, '?', sizeof room);
    small = do_fields(req, room, (uint32_t)size - 1);
    bool untouched = bytes[0] == '?';
    exact = do_fields(req, room, (uint32_t)size);
    CODES(req, size > 64, small == size && untouched, exact == size && bytes[size] == '?', is_message(bytes),
          do_fields(req, bytes + 2, sizeof room - 2), do_fields(req, (void *)0xfffffff0, 64),
          do_fields(last_req, room, sizeof room), do_fields(0, room, sizeof room));
}

static void path_asked_late(int req)
{
    static uint32_t room[1024];
    answer(req, 200, "answered");
    last_code = do_fields(req, room, sizeof room) > 64 && is_message((char *)room);
}

static void path_aligned(int req)
{
    static uint32_t words[20] = { 0, 200, 0, 0, 16 };
    char *odd = (char *)words + 2;
    memmove(odd, words + 1, 16);
    CODES(req, do_respond(req, odd, 16, "", 0), do_respond_begin(req, odd, 16), do_fetch(req, odd, 64, "", 0),
          do_fields(req, odd, 16));
}

/* The connection is the host's. */
static void path_hop(int req)
{
    answer_field(req, "connection", "close");
}

/* An answer that no connection takes at once. */
static void path_large(int req)
{
    const uint32_t head[MOCKET_ABI_HEAD_WORDS] = { 200, 0, 0, sizeof head };
    void *body = calloc(LARGE, 1);
    if (do_respond(req, head, sizeof head, body, body ? LARGE : 0) < 0)
        answer(req, 503, "refused");
    free(body);
}

/* What the body's length is, the host knows better. */
static void path_length(int req)
{
    answer_field(req, "content-length", "999");
}

static void path_handles(int req)
{
    int stale = last_req;
    CODES(req, answer(0, 200, ""), answer(-1, 200, ""), answer(req + 1, 200, ""), answer(stale, 200, ""),
          answer(0x7fffffff, 200, ""), do_body_read(stale, NULL, 0), do_deadline(stale, 1));
}

static void path_unbegun(int req)
{
    CODES(req, do_respond_begin(req, NULL, 0), do_body_write(req, NULL, 0), do_body_end(req),
          do_body_read(req, NULL, 0), do_listen(1, 1, "", 0), do_option(1, 5));
}

static void path_loop(int req)
{
    for (volatile int i = req;; i++)
        ;
}

/* The guest's own limit is shorter than the host's. */
static void path_deadline(int req)
{
    do_deadline(req, 100);
    path_loop(req);
}

static volatile int zero;

/* Uses the engine's stack alone. */
static int deep(int n)
{
    return deep(n + 1) + zero;
}

static void path_deep(int req)
{
    deep(req);
}

/* Uses the stack in the guest's memory, which lies at its beginning or at its end. */
static void path_wide(int req)
{
    volatile char room[1 << 20];
    for (size_t i = sizeof room; i > 0; i--)
        room[i - 1] = (char)req;
}

/* Takes all the memory there is, then answers how much that was. */
static void path_memory(int req)
{
    while (__builtin_wasm_memory_grow(0, 1) != (size_t)-1)
        ;
    char text[32];
    snprintf(text, sizeof text, "%u", (unsigned)__builtin_wasm_memory_size(0));
    answer(req, 200, text);
}

/* Writes to all the memory there is, and then behind it. */
static void path_bomb(int req)
{
    (void)req;
    for (;;) {
        volatile char *bytes = malloc(1 << 20);
        for (size_t i = 0; i < 1 << 20; i += 4096)
            bytes[i] = 1;
        if (!bytes)
            __builtin_trap();
    }
}

/* Every refused answer costs the host a copy. */
static void path_refused(int req)
{
    static char head[65536];
    for (;;)
        do_respond(req, head, sizeof head, "", 0);
}

static void path_random(int req)
{
    while (__builtin_wasm_memory_grow(0, 16) != (size_t)-1)
        ;
    for (;;)
        do_random((void *)(size_t)65536, (uint32_t)(__builtin_wasm_memory_size(0) - 1) * 65536);
    (void)req;
}

static void path_random_range(int req)
{
    (void)req;
    do_random((void *)0xfffffff0, 64);
}

static void path_exit(int req)
{
    (void)req;
    exit(3);
}

/* Nothing that sleeps may hold the thread. */
static void path_sleep(int req)
{
    sleep(20);
    answer(req, 200, "awake");
}

static void path_flood(int req)
{
    for (int i = 0; i < 200000; i++)
        puts("flood");
    answer(req, 200, "flooded");
}

/* A megabyte, which is four when it is escaped. */
static void path_flood_wide(int req)
{
    static char zeros[4096];
    for (int i = 0; i < 256; i++)
        do_log(2, zeros, sizeof zeros);
    answer(req, 200, "flooded");
}

static void path_escape(int req)
{
    static char wide[10000];
    printf("red \033[31m and a carriage return \r and invalid \xff\n");
    do_log(0, "a\nmocket: error: not the host's line", 37);
    memset(wide, 'w', sizeof wide - 1);
    do_log(2, wide, sizeof wide - 1);
    answer(req, 200, "escaped");
}

static void path_log_range(int req)
{
    do_log(2, (const char *)0xfffffff0, 32);
    answer(req, 200, "logged");
}

static void path_alloc(int req)
{
    answer(req, 200, "the next one");
}

static const struct {
    const char *path;
    void (*run)(int req);
} paths[] = {
    { "/ok", path_ok },
    { "/count", path_count },
    { "/trap", path_trap },
    { "/none", path_none },
    { "/late-trap", path_late_trap },
    { "/twice", path_twice },
    { "/last", path_last },
    { "/ranges", path_ranges },
    { "/heads", path_heads },
    { "/fields", path_fields },
    { "/asked", path_asked },
    { "/asked-late", path_asked_late },
    { "/aligned", path_aligned },
    { "/hop", path_hop },
    { "/handles", path_handles },
    { "/unbegun", path_unbegun },
    { "/loop", path_loop },
    { "/deadline", path_deadline },
    { "/deep", path_deep },
    { "/wide", path_wide },
    { "/memory", path_memory },
    { "/bomb", path_bomb },
    { "/refused", path_refused },
    { "/random", path_random },
    { "/random-range", path_random_range },
    { "/exit", path_exit },
    { "/sleep", path_sleep },
    { "/flood", path_flood },
    { "/flood-wide", path_flood_wide },
    { "/escape", path_escape },
    { "/log-range", path_log_range },
    { "/length", path_length },
    { "/large", path_large },
};

EXPORT("mocket_handle") void handle(int req, const char *message, uint32_t len)
{
    (void)len;
    const uint32_t *words = (const uint32_t *)(const void *)message;
    const char *target = message + words[MOCKET_ABI_REQ_TARGET];
    uint32_t target_len = words[MOCKET_ABI_REQ_TARGET + 1];
    requests++;
    message_now = message;
    if (target_len > 7 && memcmp(target, "/alloc-", 7) == 0) {
        alloc_wish[0] = target[7];
        path_alloc(req);
    }
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        if (strlen(paths[i].path) == target_len && memcmp(paths[i].path, target, target_len) == 0)
            paths[i].run(req);
    last_req = req;
    free((void *)(size_t)message);
}
