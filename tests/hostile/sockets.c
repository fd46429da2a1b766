/* A guest whose WebSockets do what a client tells them, well or badly: a message is a command. With -DEVENTS it is
 * event-driven and asks for concurrent reuse; else it is in direct style, and can wait. */
#include <stdarg.h>

#include "../abi/guest.h"

#define FAR ((const void *)0xfffffff0u)
#define EVENTS_KEPT 8192
#ifndef REUSE
#ifdef EVENTS
#define REUSE 2
#else
#define REUSE 1
#endif
#endif

enum { OPEN, TEXT, BINARY, PING, CLOSED };

static int count, alloc_mode, trap_at = -1, busy;
static void *volatile grown;
#ifdef EVENTS
static int holding, holding_op;          /* a request that waits for somebody else to answer it */
static int sleeping[16], sleeping_count; /* requests, in their order */
#endif
static char seen[EVENTS_KEPT]; /* what happened, in a few letters each */
static size_t seen_len;
static unsigned char large[4 << 20];

static void note(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    int n = vsnprintf(seen + seen_len, sizeof seen - seen_len, format, list);
    va_end(list);
    if (n > 0 && seen_len + (size_t)n < sizeof seen)
        seen_len += (size_t)n;
}

EXPORT("mocket_start") void start(void)
{
    memset(large, 'x', sizeof large);
    do_option(MOCKET_ABI_OPTION_MAX_MESSAGE, 100000);
    do_listen(1, REUSE, "127.0.0.1:0", 11);
}

EXPORT("mocket_alloc") void *room(uint32_t len)
{
    int mode = alloc_mode;
    if (mode > 0)
        alloc_mode = 0;
    switch (mode) {
    case 1:
    case -1: /* for good */
        return NULL;
    case 2:
        return (char *)malloc(len + 8) + 1;
    case 3:
        return (void *)0xfffffff8u;
    case 4:
        __builtin_trap();
    default:
        return malloc(len);
    }
}

/* ---- The handshake ---- */

static int accept_with(int req, const char *name, const char *value)
{
    struct one_field head = { .words = { 101, 0, name ? 1 : 0, 16, sizeof head.words } };
    if (name) {
        head.words[5] = (uint32_t)strlen(name);
        head.words[6] = sizeof head.words + head.words[5];
        head.words[7] = (uint32_t)strlen(value);
        strcat(strcpy(head.text, name), value);
    }
    return do_ws_accept(req, &head, sizeof head);
}

static int accept_plainly(int req)
{
    return accept_with(req, NULL, NULL);
}

static void answer_number(int req, int number)
{
    char text[16];
    snprintf(text, sizeof text, "%d", number);
    answer(req, 200, text);
}

static int say(int ws, const char *format, ...)
{
    char text[512];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    return do_ws_send(ws, TEXT, text, (uint32_t)strlen(text));
}

static void queue_much(int ws)
{
    int sent = 0, code = 0, topics = 0;
    while (sent < 10000 && (code = do_ws_send(ws, BINARY, large, 50000)) == 0)
        sent++;
    char topic[16];
    for (; topics < 5000; topics++) {
        snprintf(topic, sizeof topic, "t%d", topics);
        if (do_ws_subscribe(ws, topic, (uint32_t)strlen(topic)) < 0)
            break;
    }
    note("queued:%d,%d,%d;", sent, code, topics);
}

static void handle_path(int req, const char *path)
{
    const uint32_t bad[4] = { 101, 0, 1, 0xfffffff0u };
    const uint32_t other[4] = { 200, 0, 0, 16 };
    if (strcmp(path, "/ws") == 0)
        note("a%d;", accept_plainly(req) > 0);
    else if (strcmp(path, "/twice") == 0) {
        int ws = accept_plainly(req), again = accept_plainly(req), responded = answer(req, 200, "no");
        say(ws, "%d %d", again, responded);
    } else if (strcmp(path, "/after") == 0) {
        answer(req, 200, "answered");
        note("after:%d;", accept_plainly(req));
    } else if (strcmp(path, "/begun") == 0) {
        const uint32_t head[4] = { 200, 0, 0, 16 };
        do_respond_begin(req, head, sizeof head);
        int code = accept_plainly(req);
        char text[16];
        do_body_write(req, text, (uint32_t)snprintf(text, sizeof text, "%d", code));
        do_body_end(req);
    } else if (strcmp(path, "/plain") == 0)
        answer_number(req, accept_plainly(req));
    else if (strcmp(path, "/heads") == 0) {
        int codes[] = { do_ws_accept(req, FAR, 100),
                        do_ws_accept(req, bad, sizeof bad),
                        do_ws_accept(req, other, sizeof other),
                        do_ws_accept(req, bad, 3),
                        do_ws_accept(req, (const char *)other + 2, 14),
                        accept_with(req, "x", "a\r\nb"),
                        accept_with(req, "sec-websocket-protocol", "not-offered"),
                        do_ws_accept(12345, other, 16),
                        do_ws_accept(0, other, 16) };
        char text[64] = "";
        for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
            snprintf(text + strlen(text), sizeof text - strlen(text), "%s%d", i ? " " : "", codes[i]);
        answer(req, 200, text);
    } else if (strcmp(path, "/own-fields") == 0)
        accept_with(req, "sec-websocket-accept", "mine");
    else if (strcmp(path, "/protocol") == 0)
        accept_with(req, "sec-websocket-protocol", "b");
    else if (strcmp(path, "/early") == 0) { /* everything before it is open */
        int ws = accept_plainly(req), topic = do_ws_subscribe(ws, "early", 5), one = say(ws, "one");
        do_publish("early", 5, TEXT, "too early", 9);
        int two = say(ws, "two"), closed = do_ws_close(ws, 4001, "bye", 3), three = say(ws, "three");
        note("early:%d,%d,%d,%d,%d;", topic, one, two, closed, three);
    } else if (strcmp(path, "/much") == 0)
        queue_much(accept_plainly(req));
    else if (strcmp(path, "/trap-after-accept") == 0) {
        accept_plainly(req);
        __builtin_trap();
    } else if (strncmp(path, "/trap-at-", 9) == 0) {
        trap_at = path[9] - '0';
        accept_plainly(req);
    } else if (strcmp(path, "/accept-slowly") == 0) {
        int ws = accept_plainly(req);
        (void)ws;
#ifndef EVENTS
        do_await(do_sleep(req, 3000));
        note("handled;");
#endif
    } else if (strcmp(path, "/sleep") == 0) {
        int op = do_sleep(req, 1000);
        (void)op;
#ifndef EVENTS
        do_await(op);
        answer(req, 200, "slept");
#else
        sleeping[sleeping_count++ & 15] = req;
#endif
#ifdef EVENTS
    } else if (strcmp(path, "/hold") == 0) {
        holding = req;
        holding_op = do_sleep(req, 60000);
#endif
    } else if (strcmp(path, "/seen") == 0)
        answer(req, 200, seen);
    else if (strcmp(path, "/count") == 0)
        answer_number(req, count);
    else
        answer(req, 200, "hello");
}

EXPORT("mocket_handle") void handle(int req, const char *message, uint32_t len)
{
    const uint32_t *words = (const uint32_t *)(const void *)message;
    char path[64];
    snprintf(path, sizeof path, "%.*s", (int)words[MOCKET_ABI_REQ_TARGET + 1], message + words[MOCKET_ABI_REQ_TARGET]);
    (void)len;
    if (busy)
        __builtin_trap(); /* nothing may come meanwhile */
    busy = 1;
    count++;
    handle_path(req, path);
    free((void *)(size_t)message);
    busy = 0;
}

/* ---- Messages ---- */

static void say_codes(int ws, int count_of, const int *codes)
{
    char text[256] = "";
    for (int i = 0; i < count_of; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%d", i ? " " : "", codes[i]);
    say(ws, "%s", text);
}
#define CODES(ws, ...) say_codes(ws, sizeof((const int[]){ __VA_ARGS__ }) / sizeof(int), (const int[]){ __VA_ARGS__ })

static int subscribe_many(int ws, int many)
{
    char topic[32];
    for (int i = 0; i < many; i++) {
        snprintf(topic, sizeof topic, "topic-%d", i);
        int code = do_ws_subscribe(ws, topic, (uint32_t)strlen(topic));
        if (code < 0) {
            note("%d topics;", i);
            return code;
        }
    }
    return 0;
}

/* Sends until it is told to wait. */
static int fill(int ws)
{
    int sent = 0;
    while (do_ws_send(ws, BINARY, large, 65536) == 0)
        sent++;
    return sent;
}

static void misuse(int ws)
{
    CODES(ws, do_ws_send(ws, TEXT, FAR, 100), do_ws_send(12345, TEXT, "x", 1), do_ws_send(0, TEXT, "x", 1),
          do_ws_send(ws, 0, "x", 1), do_ws_send(ws, CLOSED, "x", 1), do_ws_send(ws, 6, "x", 1),
          do_ws_send(ws, -1, "x", 1), do_ws_send(ws, TEXT, "\xff", 1), do_ws_send(ws, PING, large, 126),
          do_ws_send(ws, BINARY, large, sizeof large), do_ws_close(ws, 1, "", 0), do_ws_close(ws, 1005, "", 0),
          do_ws_close(ws, 0, "why", 3), do_ws_close(ws, 1000, large, 124), do_ws_close(ws, 1000, "\xff", 1),
          do_ws_close(ws, 1000, FAR, 100), do_ws_close(77, 1000, "", 0), do_ready(ws, 0), do_ready(ws, 7));
}

static void misuse_topics(int ws)
{
    CODES(ws, do_ws_subscribe(ws, "", 0), do_ws_subscribe(ws, large, 256), do_ws_subscribe(ws, FAR, 100),
          do_ws_subscribe(ws, large, 255), do_ws_subscribe(99, "x", 1), do_ws_unsubscribe(ws, "never", 5),
          do_ws_unsubscribe(ws, large, 256), do_publish("", 0, TEXT, "x", 1), do_publish(large, 256, TEXT, "x", 1),
          do_publish("x", 1, PING, "x", 1), do_publish("x", 1, TEXT, "\xff", 1), do_publish(FAR, 100, TEXT, "x", 1),
          do_publish("x", 1, TEXT, FAR, 100), do_publish("x", 1, BINARY, large, sizeof large),
          do_publish("nobody", 6, TEXT, "x", 1));
}

static void command(int ws, const char *text, uint32_t len)
{
    char word[32] = "", rest[200] = "";
    sscanf(text, "%31s %199[^\n]", word, rest);
    if (strcmp(word, "echo") == 0)
        do_ws_send(ws, TEXT, text, len);
    else if (strcmp(word, "misuse") == 0)
        misuse(ws);
    else if (strcmp(word, "topics") == 0)
        misuse_topics(ws);
    else if (strcmp(word, "sub") == 0)
        say(ws, "sub %d", do_ws_subscribe(ws, rest, (uint32_t)strlen(rest)));
    else if (strcmp(word, "unsub") == 0)
        say(ws, "unsub %d", do_ws_unsubscribe(ws, rest, (uint32_t)strlen(rest)));
    else if (strcmp(word, "many") == 0)
        say(ws, "many %d", subscribe_many(ws, atoi(rest)));
    else if (strcmp(word, "pub") == 0)
        do_publish("room", 4, TEXT, rest, (uint32_t)strlen(rest));
    else if (strcmp(word, "close") == 0) {
        int closed = do_ws_close(ws, atoi(rest), "", 0), again = do_ws_close(ws, 1000, "", 0);
        note("close:%d,%d,%d,%d,%d;", closed, again, say(ws, "late"), do_ws_subscribe(ws, "x", 1), do_ready(ws, 1));
    } else if (strcmp(word, "fill") == 0)
        note("filled:%d;", fill(ws));
    else if (strcmp(word, "grow") == 0)
        say(ws, "%d", (grown = malloc(8 << 20)) != NULL);
    else if (strcmp(word, "count") == 0)
        say(ws, "%d", count);
#ifdef EVENTS
    else if (strcmp(word, "answer") == 0 || strcmp(word, "abandon") == 0) {
        if (word[1] == 'n')
            answer(holding, 200, "late");
        do_drop(holding_op);
        say(ws, "%s", word);
    }
#endif
    else if (strcmp(word, "alloc") == 0)
        alloc_mode = atoi(rest);
    else if (strcmp(word, "trap-at") == 0)
        trap_at = atoi(rest);
    else if (strcmp(word, "exit") == 0)
        exit(3);
    else if (strcmp(word, "loop") == 0)
        for (volatile int i = 0;; i++)
            ;
    else if (strcmp(word, "wide") == 0)
        *(volatile char *)0xfffffff0u = 1;
    else if (strcmp(word, "ops") == 0) {
        int n = 0, code;
        while ((code = do_sleep(ws, 60000)) > 0 && n < 100000)
            n++;
        say(ws, "%d %d", n, code);
    } else if (strcmp(word, "sleep") == 0) { /* owned by the socket */
        int op = do_sleep(ws, (uint32_t)atoi(rest));
        (void)op;
#ifndef EVENTS
        int result = do_await(op);
        note("slept:%d,%d;", result, say(ws, "slept %d", result));
#endif
    } else if (strcmp(word, "forever") == 0) { /* deaf to what happens to the socket */
#ifndef EVENTS
        for (;;)
            do_await(do_sleep(0, 20));
#endif
    } else if (strcmp(word, "drain") == 0) { /* sends, and waits for the client, until so many are sent */
#ifndef EVENTS
        for (int left = atoi(rest); left > 0;) {
            int code = do_ws_send(ws, BINARY, large, 65536);
            if (code == 0)
                left--;
            else if (code != -13 || (code = do_await(do_ready(ws, 1))) < 0) {
                note("drain:%d;", code);
                return;
            }
        }
        note("drained;");
#endif
    } else if (strcmp(word, "seen") == 0)
        do_ws_send(ws, TEXT, seen, (uint32_t)seen_len);
    else if (strcmp(word, "forget") == 0)
        seen_len = 0;
    else
        say(ws, "what? %s", word);
}

#ifdef NO_EVENTS
EXPORT("other")
#else
EXPORT("mocket_ws")
#endif
void on_event(int ws, int kind, const char *bytes, uint32_t len)
{
    if (busy)
        __builtin_trap();
    busy = 1;
    if (kind == CLOSED) {
        int code = len >= 2 ? (unsigned char)bytes[0] | (unsigned char)bytes[1] << 8 : -1;
        note("c%d%.*s:%d;", code, len > 2 ? (int)len - 2 : 0, bytes + 2, say(ws, "too late"));
    } else if (kind == OPEN || kind == PING)
        note("%d;", kind);
    if (kind == trap_at)
        __builtin_trap();
    if (kind == TEXT) {
        char *text = malloc(len + 1);
        memcpy(text, bytes, len);
        text[len] = '\0';
        command(ws, text, len);
        free(text);
    }
    if (kind == BINARY)
        do_ws_send(ws, BINARY, bytes, len);
    if (len)
        free((void *)(size_t)bytes);
    busy = 0;
}

#ifdef EVENTS
EXPORT("mocket_done") void done(int op, int result)
{
    (void)op;
    note("d%d;", result);
    if (result == 0 && sleeping_count > 0) {
        answer(sleeping[0], 200, "slept");
        memmove(sleeping, sleeping + 1, sizeof sleeping - sizeof *sleeping);
        sleeping_count--;
    }
}
#endif
