/* A guest that calls what it may import in any order: with handles that it has, had or invents, lengths near 2^32,
 * heads that are none. It keeps no rule but that it returns. With -DEVENTS it is event-driven, else in direct style.
 * With TRAPS in its environment it traps, loops and exits now and then. ORIGIN is a server that it may reach. */
#include "../abi/guest.h"

#ifdef EVENTS
#define REUSE 2
#else
#define REUSE 1
#endif

#define KNOWN 64
#define ACTS_MAX 30

static uint32_t state = 1;
static int known[KNOWN], known_count, trapping, allocating;
static unsigned char room_of_bytes[1 << 18];
static char url[200];

/* xorshift */
static uint32_t any(uint32_t below)
{
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state % below;
}

static void keep(int handle)
{
    if (handle > 0)
        known[known_count++ % KNOWN] = handle;
}

/* Mostly one of the last ones. */
static int handle_of(void)
{
    switch (any(24)) {
    case 0:
        return (int)any(UINT32_MAX);
    case 1:
        return 0;
    default:
        return known[any(2) ? any(KNOWN) : (uint32_t)(known_count + KNOWN - 1 - (int)any(6)) % KNOWN];
    }
}

static int number(void)
{
    return (int)(any(8) ? any(6) : any(UINT32_MAX));
}

static const uint32_t odd[] = { 0, 1, 0x7fffffff, 0x80000000u, 0xfffffff0u, 0xffffffffu };

/* A range, now and then one that cannot be. */
static void *range(uint32_t *len)
{
    *len = any(10) ? any(200) : any(sizeof room_of_bytes);
    if (any(20) == 0)
        *len = odd[any(6)];
    return any(20) ? room_of_bytes + any(64) : (void *)(size_t)odd[any(6)];
}

static void act_answer(void)
{
    static const uint32_t heads[][4] = { { 200, 0, 0, 16 }, { 101, 0, 0, 16 }, { 204, 0, 0, 16 }, { 200, 0, 9, 12 } };
    uint32_t len;
    void *bytes = range(&len);
    const void *head = any(10) ? (const void *)heads[any(4)] : bytes;
    switch (any(8)) {
    case 0:
        do_respond(handle_of(), head, any(10) ? 16 : len, bytes, len);
        break;
    case 1:
        do_respond_begin(handle_of(), head, any(10) ? 16 : len);
        break;
    case 2:
    case 3:
        do_body_write(handle_of(), bytes, len);
        break;
    case 4:
        do_body_end(handle_of());
        break;
    case 5:
    case 6:
        do_body_read(handle_of(), bytes, len);
        break;
    default:
        do_deadline(handle_of(), any(3) ? any(100) + 20 : any(UINT32_MAX));
    }
}

#ifndef EVENTS
static void act_await(void)
{
    int list[8];
    for (int i = 0; i < 8; i++)
        list[i] = handle_of();
    if (allocating)
        return; /* it would be a trap, and nothing else */
    if (any(2)) {
        keep(do_await(list[0]));
        return;
    }
    uint32_t len;
    void *bytes = range(&len);
    int index = do_await_any(any(20) ? list : bytes, any(20) ? any(9) : len);
    if (index >= 0 && index < 8)
        keep(do_await(list[index]));
}
#endif

static void act_wait(void)
{
    switch (any(8)) {
    case 0:
    case 1:
        keep(do_sleep(handle_of(), any(20) ? any(60) : any(UINT32_MAX)));
        break;
    case 2:
    case 3:
    case 4:
        keep(do_ready(handle_of(), any(10) ? (int)any(2) : number()));
        break;
    case 5:
        do_drop(handle_of());
        break;
    default:
#ifndef EVENTS
        act_await();
#endif
        break;
    }
}

static void act_socket(void)
{
    static const char *const topics[] = { "a", "b", "c", "d" };
    static const uint32_t head[4] = { 101, 0, 0, 16 };
    uint32_t len;
    void *bytes = range(&len);
    switch (any(8)) {
    case 0:
    case 1:
        keep(do_ws_accept(handle_of(), head, sizeof head));
        break;
    case 2:
    case 3:
        do_ws_send(handle_of(), number(), bytes, len);
        break;
    case 4:
        do_ws_close(any(3) ? 0 : handle_of(), any(2) ? 1000 : number(), bytes, any(2) ? 0 : len);
        break;
    case 5:
        do_ws_subscribe(handle_of(), topics[any(4)], 1);
        break;
    case 6:
        do_ws_unsubscribe(handle_of(), any(2) ? (const void *)topics[any(4)] : bytes, any(2) ? 1 : len);
        break;
    default:
        do_publish(topics[any(4)], 1, 1 + (int)any(2), bytes, len);
    }
}

static void fetch(void)
{
    static const char *const paths[] = {
        "/hello", "/slow/30", "/bytes/300000", "/cut", "/close", "/to/hello", "/count"
    };
    struct {
        uint32_t words[MOCKET_ABI_REQ_WORDS];
        char text[256];
    } head = { .words = { 3, any(2) * MOCKET_ABI_FOLLOW, sizeof head.words, 4, sizeof head.words + 4 } };
    head.words[5] = (uint32_t)snprintf(head.text, sizeof head.text, "POST%s%s", url, paths[any(7)]) - 4;
    head.words[11] = sizeof head.words;
    head.words[14] = any(4) ? 0 : any(200);
    if (any(20) == 0)
        head.words[any(MOCKET_ABI_REQ_WORDS)] = any(UINT32_MAX);
    uint32_t len;
    void *body = range(&len);
    keep(do_fetch(handle_of(), &head, sizeof head, body, any(2) ? MOCKET_ABI_UNKNOWN_LENGTH : any(2) ? 0 : len));
}

static void act_fetch(void)
{
    uint32_t len;
    void *bytes = range(&len);
    switch (any(4)) {
    case 0:
        fetch();
        break;
    case 1:
        do_fetch_head(handle_of(), bytes, len);
        break;
    default:
        keep(do_fetch_wait(handle_of()));
    }
}

static void fail(void)
{
    switch (any(4000)) {
    case 0:
        exit((int)any(3));
    case 1:
        for (volatile int i = 0;; i++)
            ;
    case 2:
    case 3:
    case 4:
        __builtin_trap();
    default:
        break;
    }
}

static void acts(void)
{
    static void (*const all[])(void) = { act_answer, act_wait, act_socket, act_fetch };
    for (uint32_t left = any(ACTS_MAX); left > 0; left--) {
        all[any(4)]();
        if (trapping)
            fail();
    }
}

EXPORT("mocket_start") void start(void)
{
    const char *origin = getenv("ORIGIN");
    trapping = getenv("TRAPS") != NULL;
    snprintf(url, sizeof url, "%s", origin ? origin : "");
    do_random(&state, sizeof state);
    state |= 1;
    do_listen(1, REUSE | MOCKET_ABI_STREAM_BODY, "127.0.0.1:0", 11);
}

EXPORT("mocket_alloc") void *room(uint32_t len)
{
    allocating = 1;
    if (any(4) == 0)
        acts();
    allocating = 0;
    return any(100) ? malloc(len) : trapping && any(20) == 0 ? (void *)(size_t)any(UINT32_MAX) : NULL;
}

EXPORT("mocket_handle") void handle(int req, const char *message, uint32_t len)
{
    static const uint32_t head[4] = { 101, 0, 0, 16 };
    const uint32_t *words = (const uint32_t *)(const void *)message;
    (void)len;
    keep(req);
    acts();
    if (words[MOCKET_ABI_REQ_FLAGS] & MOCKET_ABI_UPGRADE && any(8))
        keep(do_ws_accept(req, head, sizeof head));
    keep(req);
    acts();
    if (any(3))
        answer(req, 200, "end");
    free((void *)(size_t)message);
}

EXPORT("mocket_ws") void on_event(int ws, int kind, const char *data, uint32_t len)
{
    (void)kind;
    keep(ws);
    acts();
    if (any(2))
        do_ws_send(ws, 2, data, len);
    if (len)
        free((void *)(size_t)data);
}

#ifdef EVENTS
EXPORT("mocket_done") void done(int op, int result)
{
    (void)op;
    keep(result);
    acts();
}

EXPORT("mocket_gone") void on_gone(int req)
{
    keep(req);
    acts();
}
#endif
