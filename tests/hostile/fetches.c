/* A guest in direct style that sends requests to other servers: /what?URL. */
#include "../abi/guest.h"

#define STREAMED 0xFFFFFFFFu
#define EAGAIN_ (-13)
#define STREAMS 4

static int last_code, count, kept, at_start;
static _Alignas(8) char piece[65536];

EXPORT("mocket_alloc") void *room(uint32_t len)
{
    return malloc(len);
}

static void answer_numbers(int req, const int *list, int n)
{
    char text[512] = "";
    for (int i = 0; i < n; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%d", i ? " " : "", list[i]);
    answer(req, 200, text);
}
#define NUMBERS(req, ...)                                                                                              \
    answer_numbers(req, (const int[]){ __VA_ARGS__ }, sizeof((const int[]){ __VA_ARGS__ }) / sizeof(int))

/* ---- What is asked for ---- */

struct ask {
    const char *method, *url;
    const char *name, *value; /* a field; NULL: none */
    uint32_t number;          /* of the method */
    uint32_t flags, timeout_ms;
    const void *body;
    uint32_t body_len;
};

static uint32_t put(unsigned char *message, uint32_t word, uint32_t at, const char *text)
{
    uint32_t pair[2] = { at, (uint32_t)strlen(text) };
    memcpy(message + word * 4, pair, sizeof pair);
    memcpy(message + at, text, pair[1]);
    return at + pair[1];
}

static int ask(int owner, const struct ask *a)
{
    static unsigned char message[70000];
    uint32_t *words = (uint32_t *)message, at = (MOCKET_ABI_REQ_WORDS + MOCKET_ABI_ROW_WORDS) * 4;
    memset(message, 0, at);
    words[0] = a->number ? a->number : strcmp(a->method, "GET") == 0 ? 1 : strcmp(a->method, "POST") == 0 ? 3 : 4;
    words[1] = a->flags;
    at = put(message, 2, at, a->method);
    at = put(message, 4, at, a->url);
    words[10] = a->name != NULL;
    words[11] = MOCKET_ABI_REQ_WORDS * 4;
    if (a->name) {
        at = put(message, MOCKET_ABI_REQ_WORDS, at, a->name);
        at = put(message, MOCKET_ABI_REQ_WORDS + 2, at, a->value);
    }
    words[14] = a->timeout_ms;
    return do_fetch(owner, message, at, a->body, a->body_len);
}

static int get(int owner, const char *url)
{
    return ask(owner, &(struct ask){ .method = "GET", .url = url });
}

static int put_stream(int owner, const char *url, const char *length)
{
    return ask(owner, &(struct ask){ .method = "PUT",
                                     .url = url,
                                     .name = length ? "content-length" : NULL,
                                     .value = length,
                                     .body_len = STREAMED });
}

/* The response's handle, or a code. */
static int wait_for(int out)
{
    int op = do_fetch_wait(out);
    return op < 0 ? op : do_await(op);
}

/* As many bytes as fit, waiting: the number, or a code. */
static int read_all(int res, char *to, int cap)
{
    int total = 0;
    for (;;) {
        int n = do_body_read(res, to + total, (uint32_t)(cap - total));
        if (n == EAGAIN_)
            n = do_await(do_ready(res, 0));
        else if (n <= 0)
            return n < 0 ? n : total;
        else
            total += n;
        if (n < 0)
            return n;
    }
}

static int status_of(int res)
{
    uint32_t head[256];
    int size = do_fetch_head(res, head, sizeof head);
    return size < 0 ? size : (int)head[0];
}

/* "STATUS BODY", or a code alone. */
static void tell(int req, int out)
{
    static char text[70000];
    int res = out < 0 ? out : wait_for(out), n;
    last_code = res;
    if (res < 0) {
        NUMBERS(req, res);
        return;
    }
    snprintf(text, sizeof text, "%d ", status_of(res));
    n = read_all(res, text + strlen(text), 60000);
    if (n < 0) {
        NUMBERS(req, n);
        return;
    }
    text[strlen(text)] = '\0';
    answer(req, 200, text);
    memset(text, 0, sizeof text);
}

/* ---- Mistakes ---- */

static void ranges(int req, const char *url)
{
    static const uint32_t far = 0xfffffff0;
    int out = put_stream(req, url, NULL), head = do_fetch(req, (void *)far, 64, "", 0), write, end, res;
    int small = do_fetch(req, piece, 63, "", 0), none = do_fetch(req, NULL, 0, NULL, 0);
    int body = ask(req, &(struct ask){ .method = "GET", .url = url, .body = (void *)far, .body_len = 100 });
    int huge = do_fetch(req, piece, 65540, "", 0);
    write = do_body_write(out, (void *)far, 100);
    end = do_body_end(out);
    res = wait_for(out);
    int at = do_fetch_head(res, (void *)far, 100), read = do_body_read(res, (void *)far, 100);
    int odd = do_fetch_head(res, piece + 2, 1000);
    int room_0 = do_fetch_head(res, NULL, 0) > 16, read_0 = do_body_read(res, NULL, 0), ops = do_await_any(0, 1 << 30);
    NUMBERS(req, head, small, none, body, huge, write, end, res > 0, at, read, odd, room_0, read_0, ops);
}

static void malformed(int req, const char *url)
{
    char text[300];
    int codes[12], n = 0;
    struct ask a = { .method = "GET", .url = url };
    codes[n++] = ask(req, &(struct ask){ .method = "G T", .url = url });
    codes[n++] = ask(req, &(struct ask){ .method = "GET", .number = 3, .url = url });
    codes[n++] = ask(req, &(struct ask){ .method = "CONNECT", .number = 6, .url = url });
    codes[n++] = get(req, "/relative");
    codes[n++] = get(req, "ftp://127.0.0.1/");
    codes[n++] = get(req, "");
    snprintf(text, sizeof text, "http://user:secret@%s", url + 7);
    codes[n++] = get(req, text);
    a.name = "a b", a.value = "c";
    codes[n++] = ask(req, &a);
    a.name = "a", a.value = "b\r\nc: d";
    codes[n++] = ask(req, &a);
    a.name = "content-length", a.value = "ten", a.body_len = STREAMED;
    codes[n++] = ask(req, &a);
    snprintf(text, sizeof text, "%s\r\nx: y", url);
    codes[n++] = get(req, text);
    snprintf(text, sizeof text, "%s\xc8", url);
    codes[n++] = get(req, text);
    answer_numbers(req, codes, n);
}

static void handles(int req, const char *url)
{
    int out = get(req, url), res = wait_for(out);
    int owner = get(12345, url), by_out = get(out, url), by_res = get(res, url);
    int wait_req = do_fetch_wait(req), wait_res = do_fetch_wait(res), wait_none = do_fetch_wait(-1);
    int head_out = do_fetch_head(out, piece, 10), read_out = do_body_read(out, piece, 10);
    int write_res = do_body_write(res, "a", 1), end_res = do_body_end(res);
    int write_whole = do_body_write(out, "a", 1), end_whole = do_body_end(out), again = do_fetch_wait(out);
    int ready_out = do_ready(out, 0), ready_res = do_ready(res, 1), ready_far = do_ready(out, 7);
    do_drop(0), do_drop(-1), do_drop(12345);
    NUMBERS(req, owner, by_out, by_res, wait_req, wait_res, wait_none, head_out, read_out, write_res, end_res,
            write_whole, end_whole, again, ready_out, ready_res, ready_far);
}

/* ---- Lengths ---- */

static int write_all(int out, const char *bytes, int len)
{
    for (int at = 0; at < len;) {
        int n = do_body_write(out, bytes + at, (uint32_t)(len - at));
        if (n == EAGAIN_)
            n = do_await(do_ready(out, 1));
        else
            at += n > 0 ? n : 0;
        if (n < 0)
            return n;
    }
    return len;
}

static void beyond(int req, const char *url)
{
    int out = put_stream(req, url, "5"), six = do_body_write(out, "abcdef", 6), five = do_body_write(out, "abcde", 5);
    int more = do_body_write(out, "f", 1), end = do_body_end(out), late = do_body_write(out, "f", 1);
    int twice = do_body_end(out), res = wait_for(out), n = read_all(res, piece, 100);
    NUMBERS(req, six, five, more, end, late, twice, status_of(res), n);
}

static void too_short(int req, const char *url)
{
    int out = put_stream(req, url, "5"), op = do_fetch_wait(out), two = do_body_write(out, "ab", 2);
    int end = do_body_end(out), result = do_await(op), late = do_body_write(out, "c", 1);
    NUMBERS(req, two, end, result, late);
}

/* ---- Ends ---- */

static void drops(int req, const char *url, const char *slow)
{
    int codes[24], n = 0, out, op, res, ready;
    out = get(req, slow); /* at once */
    do_drop(out);
    codes[n++] = do_fetch_wait(out);
    out = get(req, slow); /* while it is waited for */
    op = do_fetch_wait(out);
    do_drop(out);
    codes[n++] = do_await(op);
    out = get(req, url); /* the response is there, and was not taken */
    op = do_fetch_wait(out);
    do_await_any(&op, 1);
    do_drop(out);
    codes[n++] = do_await(op);
    out = get(req, url); /* it was */
    res = wait_for(out);
    do_drop(out);
    codes[n++] = read_all(res, piece, 100);
    codes[n++] = do_fetch_wait(out);
    do_drop(res);
    codes[n++] = do_body_read(res, piece, 100);
    out = get(req, url); /* the response first */
    res = wait_for(out);
    do_drop(res);
    codes[n++] = do_fetch_wait(out);
    out = get(req, slow); /* the operation alone: it is not given a second time */
    do_drop(do_fetch_wait(out));
    codes[n++] = do_fetch_wait(out);
    out = get(req, url);
    op = do_fetch_wait(out);
    do_await_any(&op, 1);
    do_drop(op);
    codes[n++] = do_await(op);
    out = put_stream(req, slow, NULL); /* what waits for it hears of the end */
    while (do_body_write(out, piece, sizeof piece) > 0)
        ;
    ready = do_ready(out, 1);
    do_drop(out);
    codes[n++] = do_await(ready);
    answer_numbers(req, codes, n);
}

/* The server answers before the request's body has ended: url does. */
static void early(int req, const char *url)
{
    int out = put_stream(req, url, NULL), wrote = do_body_write(out, "some", 4), res = wait_for(out);
    int ready = do_ready(res, 0);
    int status = status_of(res);
    do_drop(out); /* before body_end */
    NUMBERS(req, wrote, status, do_await(ready) <= 0, do_body_read(res, piece, 10), status_of(res));
}

/* The server answers and reads no more. */
static void refused(int req, const char *url)
{
    int out = put_stream(req, url, NULL), op = do_fetch_wait(out), code, total = 0;
    do {
        code = do_body_write(out, piece, sizeof piece);
        if (code == EAGAIN_)
            code = do_await(do_ready(out, 1));
        total += code > 0;
    } while (code >= 0);
    int res = do_await(op);
    NUMBERS(req, code, status_of(res), do_body_end(out) <= 0, read_all(res, piece, 100));
}

static void many(int req, const char *url)
{
    int good = 0, code = 0;
    for (int i = 0; i < 300; i++) {
        code = get(req, url);
        if (code < 0)
            break;
        good++;
    }
    NUMBERS(req, good, code);
}

/* ---- Passing on ---- */

static int begin(int req)
{
    const uint32_t head[MOCKET_ABI_HEAD_WORDS] = { 200, 0, 0, sizeof head };
    return do_respond_begin(req, head, sizeof head);
}

static void pass_back(int req, int res)
{
    begin(req);
    for (;;) {
        int n = do_body_read(res, piece, sizeof piece);
        if (n == EAGAIN_)
            n = do_await(do_ready(res, 0));
        else if (n == 0)
            break;
        else if (n > 0)
            n = write_all(req, piece, n);
        if (n < 0) {
            last_code = n;
            return; /* it is cut */
        }
    }
    last_code = do_body_end(req);
}

static void upload(int req, const char *url)
{
    int out = put_stream(req, url, NULL), op = do_fetch_wait(out), n;
    while ((n = do_body_read(req, piece, sizeof piece)) != 0) {
        if (n == EAGAIN_)
            n = do_await(do_ready(req, 0));
        else if (n > 0)
            n = write_all(out, piece, n);
        if (n == -4 && do_await_any(&op, 1) == 0)
            break;
        if (n < 0) {
            last_code = n;
            return;
        }
    }
    do_body_end(out);
    int res = do_await(op);
    last_code = res;
    if (res > 0)
        pass_back(req, res);
}

static void fan_out(int req, const char *url)
{
    int ops[4], codes[4], outs[3];
    for (int i = 0; i < 3; i++) { /* url ends with the milliseconds that the server takes */
        char text[200];
        snprintf(text, sizeof text, "%s%d", url, 3600 - i * 1600);
        outs[i] = get(req, text);
        ops[i] = do_fetch_wait(outs[i]);
    }
    ops[3] = do_sleep(req, 2800);
    codes[0] = do_await_any(ops, 4);
    codes[1] = status_of(do_await(ops[codes[0]]));
    ops[codes[0]] = do_sleep(req, 60000);
    codes[2] = do_await_any(ops, 4);
    ops[codes[2]] = do_sleep(req, 60000);
    codes[3] = do_await_any(ops, 4);
    do_drop(outs[0]);
    answer_numbers(req, codes, 4);
}

/* ---- The guest ---- */

EXPORT("mocket_start") void start(void)
{
    const char *url = getenv("AT_START");
    if (url) {
        kept = get(0, url);
        at_start = kept < 0 ? kept : 1;
    }
    do_listen(1, 1 | STREAMS, "127.0.0.1:0", 11);
}

static void handle(int req, const char *path, const char *url)
{
    if (strcmp(path, "/get") == 0)
        tell(req, get(req, url));
    else if (strcmp(path, "/follow") == 0)
        tell(req, ask(req, &(struct ask){ .method = "GET", .url = url, .flags = MOCKET_ABI_FOLLOW }));
    else if (strcmp(path, "/host") == 0)
        tell(req, ask(req, &(struct ask){ .method = "GET", .url = url, .name = "host", .value = "other.example" }));
    else if (strcmp(path, "/post") == 0)
        tell(req, ask(req, &(struct ask){ .method = "POST", .url = url, .body = "a body", .body_len = 6 }));
    else if (strcmp(path, "/soon") == 0)
        tell(req, ask(req, &(struct ask){ .method = "GET", .url = url, .timeout_ms = 200 }));
    else if (strcmp(path, "/ranges") == 0)
        ranges(req, url);
    else if (strcmp(path, "/malformed") == 0)
        malformed(req, url);
    else if (strcmp(path, "/handles") == 0)
        handles(req, url);
    else if (strcmp(path, "/beyond") == 0)
        beyond(req, url);
    else if (strcmp(path, "/short") == 0)
        too_short(req, url);
    else if (strcmp(path, "/early") == 0)
        early(req, url);
    else if (strcmp(path, "/refused") == 0)
        refused(req, url);
    else if (strcmp(path, "/many") == 0)
        many(req, url);
    else if (strcmp(path, "/upload") == 0)
        upload(req, url);
    else if (strcmp(path, "/fan-out") == 0)
        fan_out(req, url);
    else if (strcmp(path, "/deadline") == 0) {
        do_deadline(req, 200);
        last_code = wait_for(get(req, url));
    } else if (strcmp(path, "/drops") == 0) {
        char slow[300];
        snprintf(slow, sizeof slow, "%s/../slow/60000", url);
        drops(req, url, slow);
    } else if (strcmp(path, "/names") == 0) { /* 200 of them, with a number in each */
        char name[300];
        int out = 0;
        for (int i = 0; i < 200; i++) {
            snprintf(name, sizeof name, "%.*s%d%s", (int)(strstr(url, "%d") - url), url, i, strstr(url, "%d") + 2);
            out = get(req, name);
        }
        last_code = wait_for(out);
    } else if (strcmp(path, "/download") == 0) {
        int res = wait_for(get(req, url));
        if (res > 0)
            pass_back(req, res);
        last_code = res < 0 ? res : last_code;
    } else if (strcmp(path, "/trap") == 0) {
        wait_for(get(req, url));
        do_fetch_wait(put_stream(req, url, NULL));
        __builtin_trap();
    } else if (strcmp(path, "/loop") == 0) {
        do_fetch_wait(get(req, url));
        for (volatile int i = 0;; i++)
            ;
    } else if (strcmp(path, "/big-body") == 0) {
        char *bytes = malloc(8 << 20);
        int one = ask(req, &(struct ask){ .method = "PUT", .url = url, .body = bytes, .body_len = 8 << 20 });
        int two = ask(req, &(struct ask){ .method = "PUT", .url = url, .body = bytes, .body_len = 8 << 20 });
        int three = ask(req, &(struct ask){ .method = "PUT", .url = url, .body = bytes, .body_len = 1 << 20 });
        do_drop(one);
        int four = ask(req, &(struct ask){ .method = "PUT", .url = url, .body = bytes, .body_len = 1 << 20 });
        free(bytes);
        NUMBERS(req, one > 0, two > 0, three, four > 0);
    } else if (strcmp(path, "/keep") == 0) { /* the instance owns it: the next request reads it */
        kept = wait_for(get(0, url));
        NUMBERS(req, kept > 0);
    } else if (strcmp(path, "/kept") == 0) {
        int n = read_all(kept, piece, 100);
        do_drop(kept);
        NUMBERS(req, n, do_body_read(kept, piece, 100));
    } else if (strcmp(path, "/started") == 0)
        NUMBERS(req, at_start, do_fetch_wait(kept));
    else if (strcmp(path, "/last") == 0)
        NUMBERS(req, last_code);
    else if (strcmp(path, "/count") == 0)
        NUMBERS(req, count);
    else
        answer(req, 404, "");
}

EXPORT("mocket_handle") void handle_request(int req, char *message, uint32_t len)
{
    const uint32_t *words = (const uint32_t *)message;
    static char target[2000];
    (void)len;
    count++;
    uint32_t n = words[5] < sizeof target - 1 ? words[5] : sizeof target - 1;
    memcpy(target, message + words[4], n);
    target[n] = '\0';
    char *url = strchr(target, '?');
    if (url)
        *url++ = '\0';
    handle(req, target, url ? url : "");
    free(message);
}
