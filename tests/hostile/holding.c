/* A guest that makes the host hold as much as it can. A request's path says what, a number behind it how many MiB; the
 * answer is the code that ended it. A socket's messages say the same. */
#include "../abi/guest.h"

enum { TEXT = 1, BINARY };

#define MIB (1u << 20)

static char big[8 * MIB];
static unsigned topics;

EXPORT("mocket_start") void start(void)
{
    do_listen(1, 2, "127.0.0.1:0", 11);
}

EXPORT("mocket_alloc") void *room(uint32_t len)
{
    return malloc(len);
}

static void answer_code(int req, int code, unsigned count)
{
    char text[64];
    snprintf(text, sizeof text, "%d %u", code, count);
    answer(req, 200, text);
}

static char target[64];

static void take_target(const char *message)
{
    const uint32_t *words = (const uint32_t *)message;
    snprintf(target, sizeof target, "%.*s", (int)words[5], message + words[4]);
}

/* What is behind the word that the target begins with; NULL: it does not. */
static const char *behind(const char *word)
{
    size_t len = strlen(word);
    return strncmp(target, word, len) == 0 ? target + len : NULL;
}

/* Memory of its own that the answer is made of: what was grown stays. */
static void path_big(int req, unsigned mib, bool quiet)
{
    static const uint32_t head[MOCKET_ABI_HEAD_WORDS] = { 200, 0, 0, sizeof head };
    static unsigned pages;
    while (pages < mib * 16 && __builtin_wasm_memory_grow(0, 16) != (size_t)-1)
        pages += 16;
    int code = do_respond(req, head, sizeof head, (void *)0, pages * 65536);
    if (code < 0 && !quiet)
        answer_code(req, code, pages / 16);
}

static void path_grow(int req, unsigned mib)
{
    unsigned grown = 0;
    while (grown < mib && __builtin_wasm_memory_grow(0, 16) != (size_t)-1)
        grown++;
    answer_code(req, grown == mib ? 0 : -1, grown);
}

static void path_stream(int req)
{
    static const uint32_t head[MOCKET_ABI_HEAD_WORDS] = { 200, 0, 0, sizeof head };
    do_respond_begin(req, head, sizeof head);
    while (do_body_write(req, big, sizeof big) > 0)
        ;
    do_sleep(req, 60000);
}

static struct {
    uint32_t words[16], row[4];
    char text[61000];
} fetched;

/* To the port behind the path, with 60 KiB of head each, for as long as the instance lives. */
static void path_fetch(int req, const char *port)
{
    uint32_t at = offsetof(__typeof__(fetched), text);
    unsigned count = 0;
    int code;
    memset(fetched.text, 'y', sizeof fetched.text);
    int len = snprintf(fetched.text, 100, "GEThttp://127.0.0.1:%.5s/x", port);
    fetched.words[0] = 1, fetched.words[2] = at, fetched.words[3] = 3, fetched.words[4] = at + 3,
    fetched.words[5] = (uint32_t)len - 4;
    fetched.words[10] = 1, fetched.words[11] = 64, fetched.words[14] = 600000;
    fetched.row[0] = at + (uint32_t)len - 1, fetched.row[1] = 1, fetched.row[2] = at + 100, fetched.row[3] = 60000;
    while ((code = do_fetch(0, &fetched, sizeof fetched, NULL, 0)) > 0)
        count++;
    answer_code(req, code, count);
}

/* A message of 1 MiB to all who subscribed. */
static void path_publish(int req, unsigned mib)
{
    unsigned count = 0;
    int code = 0;
    while (count < mib && (code = do_publish("all", 3, BINARY, big, MIB)) == 0)
        count++;
    answer_code(req, code, count);
}

EXPORT("mocket_handle") void handle(int req, const char *message, uint32_t len)
{
    static const uint32_t head[MOCKET_ABI_HEAD_WORDS] = { 101, 0, 0, sizeof head };
    const char *at;
    (void)len;
    take_target(message);
    if (behind("/ws"))
        do_ws_accept(req, head, sizeof head);
    else if ((at = behind("/big")))
        path_big(req, (unsigned)atoi(at), false);
    else if ((at = behind("/quiet")))
        path_big(req, (unsigned)atoi(at), true);
    else if ((at = behind("/grow")))
        path_grow(req, (unsigned)atoi(at));
    else if (behind("/stream"))
        path_stream(req);
    else if ((at = behind("/fetch")))
        path_fetch(req, at);
    else if ((at = behind("/publish")))
        path_publish(req, (unsigned)atoi(at));
    else
        answer(req, 200, "hello");
}

EXPORT("mocket_done") void done(int op, int result)
{
    (void)op, (void)result;
}

static void tell(int ws, int code, unsigned count)
{
    char text[64];
    int len = snprintf(text, sizeof text, "%d %u", code, count);
    do_ws_send(ws, TEXT, text, (uint32_t)len);
}

/* "a": subscribes to what /publish sends; "t": to topics of 255 bytes that nobody else has; "s": to short ones; "m":
 * sends 8 MiB. */
EXPORT("mocket_ws") void event(int ws, int kind, const char *text, uint32_t len)
{
    char topic[256];
    unsigned count = 0;
    int code = 0;
    if (kind != TEXT || len != 1)
        return;
    memset(topic, 't', sizeof topic);
    if (*text == 'a')
        code = do_ws_subscribe(ws, "all", 3);
    for (int n = *text == 't' ? 255 : 8; *text == 't' || *text == 's'; count++) {
        snprintf(topic, sizeof topic, "%08x", topics++);
        topic[8] = 't';
        if ((code = do_ws_subscribe(ws, topic, (uint32_t)n)) < 0)
            break;
    }
    if (*text == 'm')
        code = do_ws_send(ws, BINARY, big, sizeof big);
    tell(ws, code, count);
}
