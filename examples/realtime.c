/* Waiting, streams, Server-Sent Events and WebSockets: natively a server, as realtime.wasm in any host that can wait.
 *
 *     GET  /sleep/:ms  answers after that time: `slept 250`
 *     GET  /bytes/:n   a body of n bytes, made as it is sent
 *     POST /count      how many bytes the body had, of any size
 *     GET  /sse        an event each second; who comes again goes on where it was
 *     WS   /echo       every message comes back
 *     WS   /room       every text goes to all who are here */
#include <mocket.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLEEP_MAX_MS 60000
#define BYTES_MAX (INT64_C(1) << 40)
#define PIECE ((size_t)65536)

/* A parameter of digits alone, 0 to max; -1 when it is something else. */
static int64_t number(mocket_event *e, const char *name, int64_t max)
{
    const char *text = mocket_param(e, name);
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 15 || text[digits])
        return -1;
    int64_t n = strtoll(text, NULL, 10);
    return n <= max ? n : -1;
}

static int nap(mocket_event *e)
{
    int64_t ms = number(e, "ms", SLEEP_MAX_MS);
    if (ms < 0)
        return mocket_error(e, 400, "ms: 0 to %d", SLEEP_MAX_MS);
    int rc = mocket_sleep(e, (uint32_t)ms);
    return rc < 0 ? rc : mocket_textf(e, "slept %d", (int)ms);
}

static int bytes(mocket_event *e)
{
    int64_t left = number(e, "n", BYTES_MAX);
    if (left < 0)
        return mocket_error(e, 400, "n: 0 to %lld", (long long)BYTES_MAX);
    char *piece = mocket_mem(e, PIECE);
    if (!piece)
        return MOCKET_ENOMEM;
    memset(piece, 'x', PIECE);
    mocket_header_set(e, "Content-Type", "application/octet-stream");
    mocket_header_set(e, "Content-Length", mocket_format(e, "%lld", (long long)left));
    if (strcmp(mocket_method(e), "HEAD") == 0)
        left = 0; /* the length is all that it is about */
    int rc = mocket_write(e, (mocket_span){ piece, 0 });
    for (size_t n; rc == 0 && left > 0; left -= (int64_t)n) {
        n = left < (int64_t)PIECE ? (size_t)left : PIECE;
        rc = mocket_write(e, (mocket_span){ piece, n });
    }
    return rc;
}

static int count(mocket_event *e)
{
    mocket_source *body = mocket_body_source(e);
    char *piece = mocket_mem(e, PIECE);
    long long total = 0;
    ptrdiff_t n = piece ? 0 : MOCKET_ENOMEM;
    while (piece && (n = mocket_read(body, piece, PIECE)) > 0)
        total += n;
    return n < 0 ? (int)n : mocket_textf(e, "%lld", total);
}

static int ticks(mocket_event *e)
{
    const char *last = mocket_sse_last_id(e);
    unsigned long id = last ? strtoul(last, NULL, 10) : 0;
    int rc = mocket_sse_retry(e, 1000);
    while (rc == 0) {
        char text[24];
        snprintf(text, sizeof text, "%lu", ++id);
        rc = mocket_sse(e, "tick", text, text);
        if (rc == 0)
            rc = mocket_sse_sleep(e, 1000);
    }
    return rc; /* the client left */
}

static void echo(mocket_socket *s, int kind, mocket_span data)
{
    if (kind == MOCKET_WS_TEXT || kind == MOCKET_WS_BINARY)
        mocket_ws_send(s, kind, data);
}

static void room(mocket_socket *s, int kind, mocket_span data)
{
    if (kind == MOCKET_WS_OPEN)
        mocket_ws_subscribe(s, "room");
    else if (kind == MOCKET_WS_TEXT)
        mocket_ws_publish(s, "room", MOCKET_WS_TEXT, data);
}

int main(void)
{
    mocket_app *app = mocket_new();
    mocket_set(app, MOCKET_MAX_BODY, MOCKET_UNLIMITED); /* /count keeps none of it */
    mocket_get(app, "/sleep/:ms", nap);
    mocket_get(app, "/bytes/:n", bytes);
    mocket_post(app, "/count", count);
    mocket_get(app, "/sse", ticks);
    mocket_ws(app, "/echo", echo, NULL);
    mocket_ws(app, "/room", room, NULL);
    return mocket_listen(app, ":4000");
}
