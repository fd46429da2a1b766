/* A chat: a page, and a WebSocket for each visitor. What a visitor sends reaches everybody, in whatever worker or
 * instance they are, because all of them subscribe to one topic. */
#include "app.h"

#define ROOM "room"

static const char page[] =
    "<!doctype html>\n"
    "<meta charset=\"utf-8\">\n"
    "<title>@NAME@</title>\n"
    "<h1>@NAME@</h1>\n"
    "<form><input autofocus placeholder=\"say something\"> <button>send</button></form>\n"
    "<ul></ul>\n"
    "<script>\n"
    "const input = document.querySelector('input');\n"
    "const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:';\n"
    "const socket = new WebSocket(`${scheme}//${location.host}/chat`);\n"
    "socket.onmessage = ({ data }) => {\n"
    "    const line = document.createElement('li');\n"
    "    line.textContent = data;\n"
    "    document.querySelector('ul').append(line);\n"
    "};\n"
    "document.querySelector('form').onsubmit = (event) => {\n"
    "    event.preventDefault();\n"
    "    socket.send(input.value);\n"
    "    input.value = '';\n"
    "};\n"
    "</script>\n";

static int show_page(mocket_event *e)
{
    return mocket_html(e, page);
}

static void chat(mocket_socket *s, int kind, mocket_span data)
{
    if (kind == MOCKET_WS_OPEN) {
        mocket_ws_subscribe(s, ROOM);
        mocket_ws_text(s, "welcome");
    } else if (kind == MOCKET_WS_TEXT)
        mocket_ws_publish(s, ROOM, MOCKET_WS_TEXT, data);
}

mocket_app *app(void)
{
    mocket_app *a = mocket_new();
    mocket_get(a, "/", show_page);
    mocket_ws(a, "/chat", chat, NULL);
    return a;
}
