/* An event-driven guest that passes answers of other servers on, many at once: /get?URL, and /books of what it was
 * told. */
#include "../abi/guest.h"

#define JOBS 2048

static struct job {
    int op, req, res;
    bool begun;
    char piece[4096];
    int len, at; /* of the piece: what was not written yet */
} jobs[JOBS];

static int handled, gone, closed, stray, inside;

EXPORT("mocket_start") void start(void)
{
    do_listen(1, 2, "127.0.0.1:0", 11);
}

EXPORT("mocket_alloc") void *room(uint32_t len)
{
    return malloc(len);
}

static struct job *find(int op)
{
    for (int i = 0; i < JOBS; i++)
        if (jobs[i].op == op)
            return &jobs[i];
    return NULL;
}

static void numbers(int req, int a, int b, int c, int d)
{
    char text[100];
    snprintf(text, sizeof text, "%d %d %d %d", a, b, c, d);
    answer(req, 200, text);
}

static int get(int owner, const char *url)
{
    static unsigned char message[4096];
    uint32_t words[MOCKET_ABI_REQ_WORDS] = { 1, 0, sizeof words, 3, sizeof words + 3, (uint32_t)strlen(url) };
    memcpy(message, words, sizeof words);
    memcpy(message + sizeof words, "GET", 3);
    memcpy(message + sizeof words + 3, url, strlen(url));
    return do_fetch(owner, message, sizeof words + 3 + (uint32_t)strlen(url), "", 0);
}

/* Reads and writes until it must wait, or is done. */
static void go_on(struct job *j)
{
    j->op = 0;
    for (;;) {
        int n = 0;
        if (j->at == j->len) {
            n = do_body_read(j->res, j->piece, sizeof j->piece);
            if (n == -13) {
                j->op = do_ready(j->res, 0);
                return;
            }
            if (n <= 0) {
                if (n == 0)
                    do_body_end(j->req);
                closed += n == -4;
                do_drop(j->res);
                return;
            }
            j->at = 0;
            j->len = n;
        }
        n = do_body_write(j->req, j->piece + j->at, (uint32_t)(j->len - j->at));
        if (n == -13) {
            j->op = do_ready(j->req, 1);
            return;
        }
        if (n < 0) {
            closed += n == -4;
            do_drop(j->res);
            return;
        }
        j->at += n;
    }
}

EXPORT("mocket_done") void done(int op, int result)
{
    struct job *j = find(op);
    if (!j || inside++) {
        stray++;
        return;
    }
    if (!j->begun) {
        const uint32_t head[MOCKET_ABI_HEAD_WORDS] = { 200, 0, 0, sizeof head };
        j->begun = true;
        j->res = result;
        if (result > 0 && do_respond_begin(j->req, head, sizeof head) == 0)
            go_on(j);
        else {
            j->op = 0;
            closed += result == -4;
            numbers(j->req, result, 0, 0, 0);
        }
    } else if (result < 0) {
        j->op = 0;
        closed += result == -4;
        do_drop(j->res);
    } else
        go_on(j);
    inside--;
}

EXPORT("mocket_gone") void left(int req)
{
    (void)req;
    gone++;
}

EXPORT("mocket_handle") void handle(int req, char *message, uint32_t len)
{
    const uint32_t *words = (const uint32_t *)message;
    char target[1000];
    (void)len;
    handled++;
    uint32_t n = words[5] < sizeof target - 1 ? words[5] : sizeof target - 1;
    memcpy(target, message + words[4], n);
    target[n] = '\0';
    free(message);
    char *url = strchr(target, '?');
    if (strcmp(target, "/books") == 0)
        numbers(req, handled, gone, closed, stray);
    else if (url && strncmp(target, "/get", 4) == 0) {
        int out = get(req, url + 1);
        struct job *j = find(0);
        *j = (struct job){ .req = req, .op = out < 0 ? 0 : do_fetch_wait(out) };
        if (out < 0)
            numbers(req, out, 0, 0, 0);
    } else if (url && strncmp(target, "/trap", 5) == 0) {
        get(req, url + 1);
        get(0, url + 1);
        __builtin_trap();
    }
}
