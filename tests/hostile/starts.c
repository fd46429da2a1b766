/* Guests that go wrong before their first request. CASE says how; without it all is well. */
#include "guest.h"

#define GOOD 0
#define NO_LISTEN 1
#define TRAPS 2
#define EXITS 3
#define EXITS_WELL 4
#define LOOPS 5
#define OTHER_VERSION 6
#define CONCURRENT 7
#define STREAMS 8
#define BAD_FLAGS 9
#define BAD_ADDRESS 10
#define CHANGES 11
#define NO_ALLOC 12
#define NO_HANDLE 13
#define NO_START 14
#define MISTYPED_EXPORT 15
#define VECTOR_EXPORT 16
#define UNKNOWN_IMPORT 17
#define MISTYPED_IMPORT 18
#define WAITS_WITHOUT_DONE 19
#define AWAIT_IN_ALLOC 20
#define AWAIT_CONCURRENT 21
#define NO_MEMORY 22
#define BAD_OPTIONS 23
#define WISHES 24 /* listens on the address of its environment's WISH */
#define AWAIT_IN_START 25
#define AWAIT_ANY_IN_START 26
#define NEWER_IMPORT 27

#ifndef CASE
#define CASE GOOD
#endif

#if CASE == UNKNOWN_IMPORT
IMPORT("env", "frobnicate") int frobnicate(int x);
#elif CASE == MISTYPED_IMPORT
IMPORT("mocket", "drop") int frobnicate(int x);
#elif CASE == NEWER_IMPORT
IMPORT("mocket", "frobnicate") int frobnicate(int x);
#elif CASE == WAITS_WITHOUT_DONE
IMPORT("mocket", "ready") int ready(int handle, int direction);
#define frobnicate(x) ready(x, 0)
#elif CASE == AWAIT_IN_ALLOC || CASE == AWAIT_CONCURRENT
IMPORT("mocket", "await") int frobnicate(int op);
#else
#define frobnicate(x) (x)
#endif

static int flags(void)
{
    return CASE == CONCURRENT || CASE == AWAIT_CONCURRENT ? 2 : CASE == STREAMS ? 5 : CASE == BAD_FLAGS ? 64 : 1;
}

static void listen_now(void)
{
    char address[300] = "127.0.0.1:0";
    uint32_t len = (uint32_t)strlen(address);
    if (CASE == CHANGES) /* a wish that is another one in each instance */
        len = (uint32_t)snprintf(address, sizeof address, "127.0.0.1:%d", (int)(do_now(1) / 1000 % 60000));
    if (CASE == WISHES)
        len = (uint32_t)snprintf(address, sizeof address, "%s", getenv("WISH"));
    if (CASE == BAD_ADDRESS)
        memset(address, 'a', len = sizeof address);
    int rc = do_listen(CASE == OTHER_VERSION ? 2 : 1, flags(), address, len);
    printf("listen answered %d\n", rc);
}

#if CASE != NO_START
EXPORT("mocket_start")
#endif
void start(void)
{
    puts("starting");
    if (CASE == TRAPS)
        __builtin_trap();
    if (CASE == EXITS)
        exit(7);
    if (CASE == LOOPS)
        for (volatile int i = 0;; i++)
            ;
    if (CASE == BAD_OPTIONS)
        printf("option answered %d %d %d %d %d %d %d %d %d %d %d\n", do_option(99, 1), do_option(1, -2),
               do_option(2, -2), do_option(-1, 0), do_option(MOCKET_ABI_OPTION_MINOR, 0),
               do_option(MOCKET_ABI_OPTION_MINOR, 1), do_option(MOCKET_ABI_OPTION_ON_DEMAND, 1),
               do_option(MOCKET_ABI_OPTION_ON_DEMAND, 0), do_option(MOCKET_ABI_OPTION_ON_DEMAND, 2),
               do_option(MOCKET_ABI_OPTION_REPLAY, 1), do_option(MOCKET_ABI_OPTION_REPLAY, 2));
    if (CASE == AWAIT_IN_START)
        do_await(do_sleep(0, 1));
    if (CASE == AWAIT_ANY_IN_START)
        do_await_any((const int[]){ do_sleep(0, 1) }, 1);
    if (CASE != NO_LISTEN)
        listen_now();
    if (CASE == EXITS_WELL)
        exit(0);
}

#if CASE == MISTYPED_EXPORT
EXPORT("mocket_alloc") int64_t room(int64_t len)
{
    return len;
}
#elif CASE == VECTOR_EXPORT
typedef int vector __attribute__((vector_size(16)));
EXPORT("mocket_alloc") vector room(vector len)
{
    return len;
}
#else
#if CASE != NO_ALLOC
EXPORT("mocket_alloc")
#endif
void *room(uint32_t len)
{
    if (CASE == AWAIT_IN_ALLOC)
        frobnicate(1);
    return malloc(len);
}
#endif

#if CASE != NO_HANDLE
EXPORT("mocket_handle")
#endif
void handle(int req, void *message, uint32_t len)
{
    (void)len;
    char text[32];
    if (CASE == CHANGES) /* for long enough that who comes meanwhile gets another instance */
        for (volatile int i = 0; i < 20000000; i++)
            ;
    snprintf(text, sizeof text, "%d", frobnicate(7));
    answer(req, 200, text);
    free(message);
}
