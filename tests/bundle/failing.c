/* An app in direct style without the library: /COUNT sends COUNT requests, one after the other, to a name that has no
 * address, and answers with the number of requests that failed with MOCKET_EIO. */
#include "../abi/guest.h"

static int ask(int req)
{
    struct {
        uint32_t words[MOCKET_ABI_REQ_WORDS];
        char get[4], url[12];
    } head = { .words = { 1, 0, sizeof head.words, 3 }, .get = "GET", .url = "http://a..b/" };
    head.words[MOCKET_ABI_REQ_TARGET] = sizeof head.words + sizeof head.get;
    head.words[MOCKET_ABI_REQ_TARGET + 1] = sizeof head.url;
    head.words[MOCKET_ABI_REQ_FIELDS] = sizeof head.words;
    int out = do_fetch(req, &head, sizeof head, "", 0);
    if (out < 0)
        return out;
    int reply = do_await(do_fetch_wait(out));
    do_drop(out);
    return reply;
}

EXPORT("mocket_start") void start(void)
{
    do_listen(MOCKET_ABI_VERSION, MOCKET_REUSE_SERIAL, "", 0);
}

EXPORT("mocket_alloc") void *alloc(uint32_t len)
{
    return malloc(len);
}

EXPORT("mocket_handle") void handle(int req, char *message, uint32_t len)
{
    const uint32_t *words = (const uint32_t *)message;
    int failed = 0;
    char text[20];
    (void)len;
    snprintf(text, sizeof text, "%.*s", (int)words[MOCKET_ABI_REQ_TARGET + 1], message + words[MOCKET_ABI_REQ_TARGET]);
    int count = atoi(text + 1);
    for (int i = 0; i < count; i++)
        failed += ask(req) == MOCKET_EIO;
    free(message);
    snprintf(text, sizeof text, "%d", failed);
    answer(req, 200, text);
}
