/* WebSocket routes, and the functions of a socket's handler. Frames and connections belong to the backend. */
#include <string.h>

#include "../base/check.h"
#include "../base/span.h"
#include "../http/origin.h"
#include "../http/websocket.h"
#include "backend.h"

/* ---- the handshake (RFC 6455, section 4.2) ---- */

static bool in_list(const char *const *list, const char *origin)
{
    for (; list && *list; list++)
        if (mocket_same_origin(origin, *list) || strcmp(*list, "*") == 0)
            return true;
    return false;
}

/* A browser always sends its origin. A client that sends none is not a browser, and could send any. */
static bool origin_allowed(mocket_event *e, const struct mocket_ws_route *route)
{
    const char *origin = mocket_header(e, "Origin");
    if (!origin || in_list(route->origins, origin))
        return true;
    const struct mocket_message *msg = &e->req->message;
    return mocket__origin_is_at(mocket__span(origin), msg->authority, msg->flags & MOCKET_MESSAGE_TLS);
}

/* The first of ours that the client offers, or NULL. */
static const char *choose_protocol(const struct mocket_message *msg, const char *const *ours)
{
    while (ours && *ours && !mocket__ws_offers(msg, mocket__span(*ours)))
        ours++;
    return ours ? *ours : NULL;
}

static int no_upgrade(mocket_event *e, int status)
{
    if (status == 426)
        mocket_header_set(e, "Sec-WebSocket-Version", "13"); /* Upgrade comes with the connection's own fields */
    return status;
}

static int upgrade(mocket_event *e)
{
    const struct mocket_ws_route *route = mocket_data(e);
    struct mocket_response *res = e->res;
    mocket__request_fields(e->req); /* they must be complete before the socket takes over the request */
    int status = mocket__ws_check(&e->req->message);
    if (status)
        return no_upgrade(e, status);
    if (!origin_allowed(e, route))
        return mocket_error(e, 403, "this origin may not connect");
    struct mocket_socket *s = mocket_mem(e, sizeof *s);
    if (!s)
        return MOCKET_ENOMEM;
    if (!res->sink->upgrade)
        return mocket_error(e, 501, "WebSockets are not supported here");
    int rc = mocket__response_take_back(res); /* of a middleware that answered and went on */
    if (rc < 0)
        return rc;
    s->event = e;
    s->route = route;
    s->protocol = choose_protocol(&e->req->message, route->protocols);
    if (s->protocol)
        mocket_header_set(e, "Sec-WebSocket-Protocol", s->protocol);
    res->kind = MOCKET_BODY_UPGRADE; /* 101, unless a middleware answers something else behind mocket_next */
    res->socket = s;
    return 0;
}

/* ---- registration ---- */

/* A copy of a list that ends with NULL; NULL when there is none, or no memory: that is a mistake by then. */
static const char *const *copy_list(mocket_app *app, const char *const *list)
{
    size_t count = 0;
    if (!list)
        return NULL;
    while (list[count])
        count++;
    const char **copy = mocket_app_mem(app, (count + 1) * sizeof *copy);
    for (size_t i = 0; copy && i < count; i++)
        copy[i] = mocket_app_text(app, list[i]);
    return copy;
}

void mocket_ws(mocket_app *app, const char *path, mocket_ws_handler *fn, const struct mocket_ws_opts *opts)
{
    struct mocket_ws_opts o;
    mocket_opts_read(&o, sizeof o, opts);
    for (const char *const *p = o.protocols; p && *p; p++)
        if (!mocket__is_token(mocket__span(*p)))
            mocket_mistake(app, "mocket_ws: a subprotocol is not a token");
    if (!fn)
        mocket_mistake(app, "mocket_ws: no handler");
    struct mocket_ws_route *route = mocket_app_mem(app, sizeof *route);
    if (!route)
        return;
    *route = (struct mocket_ws_route){ fn, o.data, copy_list(app, o.protocols), copy_list(app, o.origins) };
    mocket__ws_prepare();
    mocket_on(app, "GET", path, upgrade, route);
}

/* ---- events ---- */

/* Each call of the handler is like an event: its memory and its deferred drops end with the call. Memory of the call
 * for MOCKET_WS_OPEN stays. */
void mocket__socket_event(struct mocket_socket *s, int kind, mocket_span data, int code)
{
    MOCKET_CHECK(!s->closed);                           /* nothing comes behind MOCKET_WS_CLOSED, */
    MOCKET_CHECK(!s->event->frame && !s->event->chain); /* one event at a time, and none in the handshake */
    mocket_event *e = s->event, before = *e;
    struct mocket_request request = *e->req;
    struct mocket_arena_mark mark = mocket__arena_mark(request.arena);
    struct mocket_frame frame = { .next_called = true, .data = s->route->data };
    if (kind == MOCKET_WS_CLOSED) {
        s->closed = true;
        s->code = code;
    }
    e->frame = &frame;
    s->route->fn(s, kind, data);
    e->frame = NULL;
    if (kind == MOCKET_WS_OPEN)
        return;
    mocket__event_run_deferred(e, before.deferred);
    *e = before;
    *e->req = request;
    mocket__arena_rewind(request.arena, &mark);
}

void mocket__socket_end(struct mocket_socket *s)
{
    mocket__event_run_deferred(s->event, NULL);
}

mocket_event *mocket_ws_event(mocket_socket *s)
{
    return s->event;
}

const char *mocket_ws_protocol(const mocket_socket *s)
{
    return s->protocol;
}

int mocket_ws_code(const mocket_socket *s)
{
    return s->code;
}

/* ---- what a handler does ---- */

int mocket_ws_send(mocket_socket *s, int kind, mocket_span data)
{
    int rc = mocket__ws_check_message(kind, data);
    if (rc == 0)
        rc = s->closed ? MOCKET_ECLOSED : s->closing ? MOCKET_ESTATE : 0;
    while (rc == 0) {
        rc = s->ops->send(s, kind, data);
        if (rc != MOCKET_EAGAIN)
            break;
        rc = s->ops->wait(s);
    }
    return rc;
}

int mocket_ws_text(mocket_socket *s, const char *text)
{
    return mocket_ws_send(s, MOCKET_WS_TEXT, mocket__span(text ? text : ""));
}

int mocket_ws_close(mocket_socket *s, int code, const char *reason)
{
    mocket_span text = mocket__span(reason ? reason : "");
    if (mocket__ws_check_close(code, text) < 0)
        return MOCKET_EINVAL;
    if (s->closed || s->closing)
        return s->closed ? MOCKET_ECLOSED : MOCKET_ESTATE;
    s->closing = true;
    return s->ops->close(s, code, text);
}

static int change_topic(mocket_socket *s, const char *topic, bool on)
{
    mocket_span name = mocket__span(topic ? topic : "");
    if (mocket__ws_check_topic(name) < 0)
        return MOCKET_EINVAL;
    return s->closed ? MOCKET_ECLOSED : s->ops->subscribe(s, name, on);
}

int mocket_ws_subscribe(mocket_socket *s, const char *topic)
{
    return change_topic(s, topic, true);
}

int mocket_ws_unsubscribe(mocket_socket *s, const char *topic)
{
    return change_topic(s, topic, false);
}
