/* Sockets that a host may play again (MOCKET_REPLAY_SOCKETS): what the handshake and MOCKET_WS_OPEN do, and what of it
 * a client sees. */
#include <mocket.h>

#include <stdlib.h>
#include <string.h>

static int opens, messages; /* of this instance */

static void publish(mocket_event *e, const char *text)
{
    mocket_publish(mocket_event_app(e), "all", MOCKET_WS_TEXT, (mocket_span){ text, strlen(text) });
}

static const char *name_of(mocket_event *e)
{
    const char *name = mocket_query(e, "name");
    return name ? name : "nobody";
}

/* In front of the handshake. */
static int knock(mocket_event *e)
{
    publish(e, mocket_format(e, "%s knocks", name_of(e)));
    return mocket_next(e);
}

static void member(mocket_socket *s, int kind, mocket_span data)
{
    mocket_event *e = mocket_ws_event(s);
    const char *name = name_of(e), *wait = mocket_query(e, "wait");
    if (kind == MOCKET_WS_OPEN) {
        mocket_ws_subscribe(s, "all");
        mocket_log(e, MOCKET_LOG_WARN, "%s opens, %d in this instance", name, ++opens);
        if (wait)
            mocket_sleep(e, (uint32_t)strtoul(wait, NULL, 10));
        mocket_ws_text(s, mocket_format(e, "welcome %s", name));
        publish(e, mocket_format(e, "%s came", name));
    } else if (kind == MOCKET_WS_TEXT && strcmp(data.ptr, "count") == 0) {
        mocket_ws_text(s, mocket_format(e, "%d opens, %d messages", opens, messages));
    } else if (kind == MOCKET_WS_TEXT) {
        messages++;
        publish(e, mocket_format(e, "%s: %s", name, data.ptr));
    } else if (kind == MOCKET_WS_CLOSED && mocket_ws_code(s) == 4000) {
        publish(e, mocket_format(e, "%s went", name));
    }
}

/* From a request, which no socket's instance serves. */
static int announce(mocket_event *e)
{
    publish(e, mocket_param(e, "text"));
    return mocket_text(e, "announced");
}

int main(void)
{
    mocket_app *app = mocket_new();
    mocket_set(app, MOCKET_REPLAY_SOCKETS, 1);
    mocket_use(app, "/members", knock, NULL);
    mocket_ws(app, "/members", member, NULL);
    mocket_post(app, "/announce/:text", announce);
    return mocket_listen(app, ":4000");
}
