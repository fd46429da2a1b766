/* Chat rooms: a page, a socket for each member, a topic for each room.
 *
 *     GET /                  the page
 *     WS  /rooms/:room?name= a member. What it sends is a line; what it gets is KIND TAB NAME TAB TEXT, where KIND is
 *                            join, leave, say, or past: a line from before it came
 *
 * Lines reach everybody in the room, in whatever worker or instance they are: that is what topics do. The past does
 * not. It is kept in the memory of each worker (in wasm: of each instance) and holds the lines that its own members
 * said, the last PAST_MAX of them. With one worker that is all of them; an app that needs more asks a database. */
#include <mocket.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_LEN 60 /* 20 characters of any script, which is what the page allows */
#define LINE_MAX_LEN 2000
#define PAST_MAX 50

/* ---- What was said ---- */

struct line {
    char room[NAME_MAX_LEN + 1];
    char text[LINE_MAX_LEN + NAME_MAX_LEN + 8]; /* as it is sent to who comes later */
};

struct past {
    size_t said; /* in all; the last PAST_MAX are kept */
    struct line lines[PAST_MAX];
};

static void *past_new(void *data)
{
    (void)data;
    return calloc(1, sizeof(struct past));
}

static void remember(mocket_socket *s, const char *room, const char *name, mocket_span text)
{
    struct past *past = mocket_worker(mocket_ws_event(s));
    if (!past)
        return;
    struct line *line = &past->lines[past->said++ % PAST_MAX];
    const char *kept = mocket_format(mocket_ws_event(s), "past\t%s\t%s", name, text.ptr);
    strncpy(line->room, room, sizeof line->room - 1);
    strncpy(line->text, kept, sizeof line->text - 1);
}

static void tell_past(mocket_socket *s, const char *room)
{
    const struct past *past = mocket_worker(mocket_ws_event(s));
    size_t from = past && past->said > PAST_MAX ? past->said - PAST_MAX : 0;
    for (size_t i = from; past && i < past->said; i++)
        if (strcmp(past->lines[i % PAST_MAX].room, room) == 0)
            mocket_ws_text(s, past->lines[i % PAST_MAX].text);
}

/* ---- A member ---- */

/* 1 to NAME_MAX_LEN bytes without control bytes. */
static bool is_name(const char *text)
{
    size_t len = text ? strlen(text) : 0;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            return false;
    return len > 0 && len <= NAME_MAX_LEN;
}

/* In front of the handshake: who has no name does not come in. */
static int check_name(mocket_event *e)
{
    return is_name(mocket_query(e, "name")) ? mocket_next(e) : mocket_error(e, 400, "?name= is missing or no name");
}

static void say(mocket_socket *s, const char *topic, const char *kind, const char *text)
{
    mocket_event *e = mocket_ws_event(s);
    char *line = mocket_format(e, "%s\t%s\t%s", kind, mocket_query(e, "name"), text);
    mocket_ws_publish(s, topic, MOCKET_WS_TEXT, (mocket_span){ line, strlen(line) });
}

static void member(mocket_socket *s, int kind, mocket_span data)
{
    mocket_event *e = mocket_ws_event(s);
    const char *room = mocket_param_decoded(e, "room"), *topic = mocket_format(e, "room %s", room);
    if (!is_name(room)) {
        mocket_ws_close(s, 1008, "no such room");
    } else if (kind == MOCKET_WS_OPEN) {
        tell_past(s, room);
        mocket_ws_subscribe(s, topic);
        say(s, topic, "join", "");
    } else if (kind == MOCKET_WS_TEXT && data.len <= LINE_MAX_LEN) {
        remember(s, room, mocket_query(e, "name"), data);
        say(s, topic, "say", data.ptr);
    } else if (kind == MOCKET_WS_CLOSED) {
        say(s, topic, "leave", "");
    }
}

/* ---- The page ---- */

static const char page[] =
    "<!doctype html>\n"
    "<meta charset=utf-8>\n"
    "<meta name=viewport content='width=device-width'>\n"
    "<link rel=icon href=data:,>\n"
    "<title>Chat</title>\n"
    "<style>\n"
    "body { font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 2rem auto; padding: 0 1rem }\n"
    "form { display: flex; gap: .5rem; margin: 1rem 0 } input { font: inherit; min-width: 0; flex: 1 }\n"
    "ol { list-style: none; padding: 0 } .join, .leave, .state { color: #777 } .past { opacity: .6 }\n"
    "[hidden] { display: none !important }\n"
    "</style>\n"
    "<h1>Chat</h1>\n"
    "<form id=enter><input id=name placeholder='your name' maxlength=20 required>\n"
    "<input id=room placeholder=room maxlength=20 value=lobby required><button>Enter</button></form>\n"
    "<form id=talk hidden><input id=text placeholder='say something' maxlength=500 autocomplete=off>\n"
    "<button>Say</button></form>\n"
    "<ol id=lines></ol>\n"
    "<script>\n"
    "const $ = id => document.getElementById(id);\n"
    "let socket, tries; // to come back since the connection was lost; NaN: there was none\n"
    "function show(kind, text) {\n"
    "    const line = document.createElement('li');\n"
    "    line.className = kind;\n"
    "    line.textContent = text; // never as HTML: others wrote it\n"
    "    $('lines').append(line);\n"
    "    line.scrollIntoView();\n"
    "}\n"
    "function forms(inside, outside) {\n"
    "    $('talk').hidden = !inside;\n"
    "    $('enter').hidden = !outside;\n"
    "    if (inside) $('text').focus();\n"
    "}\n"
    "function connect(url) {\n"
    "    socket = new WebSocket(url);\n"
    "    socket.onopen = () => {\n"
    "        if (tries) show('state', 'connected again');\n"
    "        tries = 0;\n"
    "        forms(true, false);\n"
    "    };\n"
    "    socket.onmessage = message => {\n"
    "        const [kind, name, ...text] = message.data.split('\\t');\n"
    "        const said = kind === 'join' ? `${name} came` : kind === 'leave' ? `${name} left` :\n"
    "            `${name}: ${text.join('\\t')}`;\n"
    "        const shown = [...$('lines').children].some(line => line.textContent === said);\n"
    "        if (kind !== 'past' || !shown) show(kind, said); // who comes back has seen some of the past\n"
    "    };\n"
    "    socket.onclose = event => {\n"
    "        const again = tries >= 0 && event.code !== 1008;\n"
    "        forms(false, !again);\n"
    "        if (!tries) show('state', again ? 'connection lost, trying to come back' : 'not connected');\n"
    "        if (again) setTimeout(connect, Math.min(500 * 2 ** tries++, 10000), url);\n"
    "    };\n"
    "}\n"
    "$('enter').onsubmit = event => {\n"
    "    event.preventDefault();\n"
    "    const part = id => encodeURIComponent($(id).value.trim());\n"
    "    tries = NaN;\n"
    "    connect(`${location.origin.replace(/^http/, 'ws')}/rooms/${part('room')}?name=${part('name')}`);\n"
    "};\n"
    "$('talk').onsubmit = event => {\n"
    "    event.preventDefault();\n"
    "    if ($('text').value) socket.send($('text').value);\n"
    "    $('text').value = '';\n"
    "};\n"
    "</script>\n";

static int show_page(mocket_event *e)
{
    return mocket_html(e, page);
}

int main(void)
{
    mocket_app *app = mocket_new();
    mocket_set(app, MOCKET_MAX_MESSAGE, 2 * LINE_MAX_LEN);
    mocket_on_worker(app, past_new, free, NULL);
    mocket_get(app, "/", show_page);
    mocket_use(app, "/rooms", check_name, NULL);
    mocket_ws(app, "/rooms/:room", member, NULL);
    return mocket_listen(app, ":4000");
}
