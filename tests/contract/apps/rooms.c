/* What sockets of any Mocket can do: an echo, and a room in which everybody hears everybody. */
#include <mocket.h>

#include <string.h>

static bool is(mocket_span data, const char *text)
{
    return data.len == strlen(text) && memcmp(data.ptr, text, data.len) == 0;
}

static void echo(mocket_socket *s, int kind, mocket_span data)
{
    if (kind == MOCKET_WS_OPEN)
        mocket_ws_text(s, "open");
    else if (kind == MOCKET_WS_TEXT || kind == MOCKET_WS_BINARY)
        mocket_ws_send(s, kind, data);
}

static void room(mocket_socket *s, int kind, mocket_span data)
{
    if (kind == MOCKET_WS_OPEN) {
        mocket_ws_subscribe(s, "room");
        mocket_ws_text(s, "welcome");
    } else if (kind == MOCKET_WS_TEXT && is(data, "leave")) {
        mocket_ws_unsubscribe(s, "room");
        mocket_ws_text(s, "you left");
    } else if (kind == MOCKET_WS_TEXT && is(data, "join")) {
        mocket_ws_subscribe(s, "room");
        mocket_ws_text(s, "you joined");
    } else if (kind == MOCKET_WS_TEXT) {
        mocket_ws_publish(s, "room", kind, data);
    }
}

/* Tells of those who come and go. */
static void door(mocket_socket *s, int kind, mocket_span data)
{
    (void)data;
    if (kind == MOCKET_WS_OPEN) {
        mocket_ws_subscribe(s, "door");
        mocket_ws_publish(s, "door", MOCKET_WS_TEXT, (mocket_span){ "somebody came", 13 });
    } else if (kind == MOCKET_WS_CLOSED) {
        mocket_ws_publish(s, "door", MOCKET_WS_TEXT, (mocket_span){ "somebody went", 13 });
    }
}

static int hello(mocket_event *e)
{
    return mocket_text(e, "hello");
}

int main(void)
{
    mocket_app *app = mocket_new();
    mocket_get(app, "/hello", hello);
    mocket_ws(app, "/echo", echo, NULL);
    mocket_ws(app, "/room", room, NULL);
    mocket_ws(app, "/door", door, NULL);
    return mocket_listen(app, ":4000");
}
