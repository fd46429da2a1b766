/* A guest that begins and drops, on and on, while it starts: nothing of that may be left with the host, whose loop does
 * not run meanwhile. */
#include "../abi/guest.h"

#define ROUND_NS 700000000
#define URL "http://127.0.0.1:9/"

EXPORT("mocket_alloc") void *room(uint32_t len)
{
    return malloc(len);
}

static int fetch(void)
{
    static struct {
        uint32_t words[MOCKET_ABI_REQ_WORDS];
        char text[32];
    } message = { .words = { 1, 0, 64, 3, 67, sizeof URL - 1, [11] = 64 }, .text = "GET" URL };
    return do_fetch(0, &message, sizeof message, "", 0);
}

EXPORT("mocket_start") void start(void)
{
    int64_t end = do_now(1) + ROUND_NS;
    while (do_now(1) < end)
        do_drop(do_sleep(0, 60000));
    for (end = do_now(1) + ROUND_NS; do_now(1) < end;)
        do_drop(fetch());
    do_listen(1, 2, "127.0.0.1:0", 11);
}

EXPORT("mocket_done") void done(int op, int result)
{
    (void)op;
    (void)result;
}

EXPORT("mocket_handle") void handle(int req, const char *message, uint32_t len)
{
    char text[16];
    int code = fetch();
    (void)len;
    do_drop(code);
    snprintf(text, sizeof text, "%d", code > 0 ? 1 : code);
    answer(req, 200, text);
    free((void *)(size_t)message);
}
