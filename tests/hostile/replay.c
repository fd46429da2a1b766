/* A guest for handshakes that are played again. It accepts each one; the path says what goes wrong after that. With
 * -DEVENTS it is event-driven and asks for concurrent reuse; else it is in direct style, and can wait. */
#include "../abi/guest.h"

#ifdef EVENTS
#define REUSE 2
#else
#define REUSE 1
#endif

enum { OPEN, TEXT };

static char path[64]; /* of the handshake that was accepted last */

EXPORT("mocket_start") void start(void)
{
    do_option(MOCKET_ABI_OPTION_REPLAY, 1);
    do_listen(1, REUSE, "127.0.0.1:0", 11);
}

EXPORT("mocket_alloc") void *room(uint32_t len)
{
    return malloc(len);
}

EXPORT("mocket_handle") void handle(int req, const char *message, uint32_t len)
{
    const uint32_t *words = (const uint32_t *)(const void *)message;
    const uint32_t head[MOCKET_ABI_HEAD_WORDS] = { 101, 0, 0, sizeof head };
    (void)len;
    snprintf(path, sizeof path, "%.*s", (int)words[MOCKET_ABI_REQ_TARGET + 1], message + words[MOCKET_ABI_REQ_TARGET]);
    free((void *)(size_t)message);
    do_ws_accept(req, head, sizeof head);
    if (strcmp(path, "/trap") == 0)
        __builtin_trap();
#ifndef EVENTS
    while (strcmp(path, "/stay") == 0)
        do_await(do_sleep(0, 20));
#endif
}

EXPORT("mocket_ws") void event(int ws, int kind, const char *data, uint32_t len)
{
    (void)data;
    (void)len;
    if (kind == OPEN && strcmp(path, "/trap-open") == 0)
        __builtin_trap();
    if (kind == OPEN && strcmp(path, "/trap-done") == 0)
        do_ready(ws, MOCKET_ABI_WRITE); /* it ends at once */
    if (kind == TEXT)
        do_ws_send(ws, TEXT, "heard", 5);
}

#ifdef EVENTS
EXPORT("mocket_done") void done(int op, int result)
{
    (void)op;
    (void)result;
    __builtin_trap();
}
#endif
