/* Pages of every kind, for tests in a browser. Each opens a socket and shows what came over it. */
#include <mocket.h>

#define OPENS_A_SOCKET                                                                                                 \
    "const socket = new WebSocket('/echo');"                                                                           \
    "socket.onopen = () => socket.send('by a socket');"                                                                \
    "socket.onmessage = ({ data }) => { document.title = data; };"

static int with_policy(mocket_event *e, const char *policy, const char *page)
{
    mocket_header_set(e, "Content-Security-Policy", policy);
    return mocket_html(e, page);
}

static int by_self(mocket_event *e)
{
    return with_policy(e, "default-src 'self'; connect-src 'none'",
                       "<!doctype html><title>-</title><body><script src=socket.js></script>");
}

static int by_nonce(mocket_event *e)
{
    return with_policy(e, "script-src 'nonce-c2VjcmV0' 'strict-dynamic'; connect-src 'none'",
                       "<!-- a page --><!doctype html><title>-</title><body><script nonce=c2VjcmV0>" OPENS_A_SOCKET
                       "</script>");
}

static int by_none(mocket_event *e)
{
    return with_policy(e, "script-src 'none'", "<!doctype html><title>-</title><p>no script");
}

static int quirky(mocket_event *e)
{
    return mocket_html(e, "<html lang=de><title>-</title><body><script>" OPENS_A_SOCKET "</script>");
}

static int script(mocket_event *e)
{
    mocket_header_set(e, "Content-Type", "text/javascript");
    return mocket_text(e, OPENS_A_SOCKET);
}

static int in_pieces(mocket_event *e)
{
    static const char page[] = "<!doctype html><title>-</title><body><script>" OPENS_A_SOCKET "</script>";
    mocket_header_set(e, "Content-Type", "text/html");
    for (size_t i = 0; i < sizeof page - 1; i++) {
        int rc = mocket_write(e, (mocket_span){ page + i, 1 });
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int away(mocket_event *e)
{
    return mocket_redirect(e, 302, "/landed?from=away");
}

static int landed(mocket_event *e)
{
    return mocket_html(e, mocket_format(e, "<!doctype html><title>%s</title>", mocket_query(e, "from")));
}

static int slow(mocket_event *e)
{
    int rc = mocket_sleep(e, 20000);
    return rc < 0 ? rc : mocket_text(e, "slept");
}

static void echo(mocket_socket *s, int kind, mocket_span data)
{
    if (kind == MOCKET_WS_TEXT)
        mocket_ws_send(s, kind, data);
}

int main(void)
{
    mocket_app *app = mocket_new();
    mocket_get(app, "/self", by_self);
    mocket_get(app, "/nonce", by_nonce);
    mocket_get(app, "/none", by_none);
    mocket_get(app, "/quirky", quirky);
    mocket_get(app, "/socket.js", script);
    mocket_get(app, "/pieces", in_pieces);
    mocket_get(app, "/away", away);
    mocket_get(app, "/landed", landed);
    mocket_get(app, "/slow", slow);
    mocket_ws(app, "/echo", echo, NULL);
    return mocket_listen(app, ":4000");
}
