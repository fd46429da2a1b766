/* An event-driven app without the library, which answers many requests at once:
 *
 *     /sleep/MS       answers after this time, with two numbers: how many requests this instance has seen, and how many
 *                     it has had at a time at most
 *     /park           waits until another request answers it
 *     /release        answers all that are parked, then itself
 *     /fetch/PORT     the status of http://127.0.0.1:PORT/, and the length of its body
 *     /upload         reads the body to its end, and answers with its length
 *     /later/PORT     starts a request to that server for the instance, not for this request, and answers at once
 *     /later          the status that came for it; 0: none yet
 *     /spoil          answers, and the next address of mocket_alloc is none                                          */
#include "../abi/guest.h"

#ifndef REUSE
#define REUSE MOCKET_REUSE_CONCURRENT
#endif

enum { WAITS_MAX = 64, MINUTE_MS = 60000 };

enum wait_kind { WAIT_FREE, WAIT_SLEEP, WAIT_PARKED, WAIT_HEAD, WAIT_REPLY, WAIT_BODY };
struct wait {
    enum wait_kind kind;
    int req, op;
    int out, reply; /* handles of an outgoing request */
    int status;
    unsigned len; /* bytes read until now */
};

static struct wait waits[WAITS_MAX];
static unsigned seen, now, most;
static bool spoilt;
static int later; /* the status of a request that belongs to the instance */
static _Alignas(8) char room[65536];

static struct wait *wait_for(int req, enum wait_kind kind, int op)
{
    for (struct wait *w = waits; w < waits + WAITS_MAX; w++)
        if (w->kind == WAIT_FREE) {
            *w = (struct wait){ .kind = kind, .req = req, .op = op };
            return w;
        }
    __builtin_trap();
}

static void tell(int req, const char *what, unsigned a, unsigned b)
{
    char text[100];
    snprintf(text, sizeof text, "%s %u %u", what, a, b);
    if (answer(req, 200, text) < 0)
        __builtin_trap();
    now--;
}

static void finish(struct wait *w, const char *what, unsigned a, unsigned b)
{
    w->kind = WAIT_FREE;
    if (w->req > 0)
        tell(w->req, what, a, b);
}

/* ---- Bodies ---- */

/* Reads what there is. Waits for more, or ends. */
static void read_on(struct wait *w, int source)
{
    int n;
    while ((n = do_body_read(source, room, sizeof room)) > 0)
        w->len += (unsigned)n;
    if (n == MOCKET_EAGAIN)
        w->op = do_ready(source, MOCKET_ABI_READ);
    else
        finish(w, n < 0 ? "failed" : "read", (unsigned)w->status, w->len);
}

static void take_reply(struct wait *w, int reply)
{
    uint32_t head[256];
    if (reply < 0 || do_fetch_head(reply, head, sizeof head) < 0) {
        finish(w, "failed", (unsigned)-reply, 0);
        return;
    }
    w->status = (int)head[MOCKET_ABI_HEAD_STATUS];
    w->kind = WAIT_REPLY;
    w->reply = reply;
    if (w->req == 0)
        later = w->status;
    read_on(w, reply);
}

static void fetch(int req, const char *port)
{
    struct {
        uint32_t words[MOCKET_ABI_REQ_WORDS];
        char get[4], url[60];
    } head = { .words = { 1, 0, sizeof head.words, 3 }, .get = "GET" };
    head.words[MOCKET_ABI_REQ_TARGET] = sizeof head.words + sizeof head.get;
    head.words[MOCKET_ABI_REQ_FIELDS] = sizeof head.words;
    head.words[MOCKET_ABI_REQ_TARGET + 1] =
        (uint32_t)snprintf(head.url, sizeof head.url, "http://127.0.0.1:%d/", atoi(port));
    int out = do_fetch(req, &head, sizeof head, "", 0);
    struct wait *w = wait_for(req, WAIT_HEAD, out < 0 ? 0 : do_fetch_wait(out));
    w->out = out;
    if (out < 0)
        finish(w, "refused", (unsigned)-out, 0);
}

/* ---- Exports ---- */

EXPORT("mocket_start") void start(void)
{
    do_listen(MOCKET_ABI_VERSION, REUSE | MOCKET_ABI_STREAM_BODY, "", 0);
}

EXPORT("mocket_alloc") void *alloc(uint32_t len)
{
    return spoilt ? (void *)4 : malloc(len);
}

static void release(int req)
{
    unsigned count = 0;
    for (struct wait *w = waits; w < waits + WAITS_MAX; w++)
        if (w->kind == WAIT_PARKED) {
            do_drop(w->op);
            finish(w, "released", ++count, 0);
        }
    tell(req, "released", count, 0);
}

EXPORT("mocket_handle") void handle(int req, char *message, uint32_t len)
{
    const uint32_t *words = (const uint32_t *)message;
    char target[64];
    (void)len;
    snprintf(target, sizeof target, "%.*s", (int)words[MOCKET_ABI_REQ_TARGET + 1],
             message + words[MOCKET_ABI_REQ_TARGET]);
    bool here = words[MOCKET_ABI_REQ_FLAGS] & MOCKET_ABI_BODY_HERE;
    uint32_t body = words[MOCKET_ABI_REQ_BODY + 1];
    free(message);
    seen++;
    most = ++now > most ? now : most;
    if (strncmp(target, "/sleep/", 7) == 0)
        wait_for(req, WAIT_SLEEP, do_sleep(req, (uint32_t)atoi(target + 7)));
    else if (strcmp(target, "/park") == 0)
        wait_for(req, WAIT_PARKED, do_sleep(req, MINUTE_MS));
    else if (strcmp(target, "/release") == 0)
        release(req);
    else if (strncmp(target, "/fetch/", 7) == 0)
        fetch(req, target + 7);
    else if (strcmp(target, "/spoil") == 0)
        spoilt = true, tell(req, "spoilt", 0, 0);
    else if (strncmp(target, "/later/", 7) == 0)
        fetch(0, target + 7), tell(req, "later", 0, 0);
    else if (strcmp(target, "/upload") == 0 && !here)
        read_on(wait_for(req, WAIT_BODY, 0), req);
    else
        tell(req, target, strcmp(target, "/upload") == 0 ? body : (unsigned)later, 0);
}

EXPORT("mocket_done") void done(int op, int result)
{
    struct wait *w = waits;
    while (w < waits + WAITS_MAX && (w->kind == WAIT_FREE || w->op != op))
        w++;
    if (w == waits + WAITS_MAX)
        return;
    if (w->kind == WAIT_HEAD)
        take_reply(w, result);
    else if (w->kind == WAIT_REPLY || w->kind == WAIT_BODY)
        read_on(w, w->kind == WAIT_BODY ? w->req : w->reply);
    else
        finish(w, result < 0 ? "failed" : "slept", seen, most);
}
