/* Guests that go wrong before their first request. CASE says how; without it all is well. What every host must refuse
 * is in tests/abi. */
#include "../abi/guest.h"

#define GOOD 0
#define TRAPS 1
#define LOOPS 2
#define CONCURRENT 3
#define CHANGES 4
#define VECTOR_EXPORT 5
#define WISHES 6 /* listens on the address of its environment's WISH */

#ifndef CASE
#define CASE GOOD
#endif

static void listen_now(void)
{
    char address[300] = "127.0.0.1:0";
    uint32_t len = (uint32_t)strlen(address);
    if (CASE == CHANGES) /* a wish that is another one in each instance */
        len = (uint32_t)snprintf(address, sizeof address, "127.0.0.1:%d", (int)(do_now(1) / 1000 % 60000));
    if (CASE == WISHES)
        len = (uint32_t)snprintf(address, sizeof address, "%s", getenv("WISH"));
    int rc = do_listen(1, CASE == CONCURRENT ? 2 : 1, address, len);
    printf("listen answered %d\n", rc);
}

EXPORT("mocket_start") void start(void)
{
    puts("starting");
    if (CASE == TRAPS)
        __builtin_trap();
    if (CASE == LOOPS)
        for (volatile int i = 0;; i++)
            ;
    listen_now();
}

#if CASE == VECTOR_EXPORT
typedef int vector __attribute__((vector_size(16)));
EXPORT("mocket_alloc") vector room(vector len)
{
    return len;
}
#else
EXPORT("mocket_alloc") void *room(uint32_t len)
{
    return malloc(len);
}
#endif

EXPORT("mocket_handle") void handle(int req, void *message, uint32_t len)
{
    (void)len;
    if (CASE == CHANGES) /* for long enough that who comes meanwhile gets another instance */
        for (volatile int i = 0; i < 20000000; i++)
            ;
    answer(req, 200, "7");
    free(message);
}
