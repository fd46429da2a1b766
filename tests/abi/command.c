/* A guest that was linked as a command: each of its exports would run constructors and destructors. */
#include "guest.h"

__attribute__((constructor)) static void construct(void)
{
    puts("constructed");
}

EXPORT("mocket_alloc") void *room(uint32_t len)
{
    return malloc(len);
}

EXPORT("mocket_handle") void handle(int req, void *message, uint32_t len)
{
    (void)message, (void)len;
    answer(req, 200, "hello");
}

int main(void)
{
    return do_listen(1, 1, "", 0);
}
