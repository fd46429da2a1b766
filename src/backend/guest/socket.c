/* WebSockets of a guest: ws_accept, the export mocket_ws, and the functions of a socket's handler.
 *
 * Linked only into apps that use mocket_ws, since it imports `await` (a send waits for a slow client). The event of the
 * handshake outlives mocket_handle: its memory moves to the socket, and the instance gets a new arena and new room.
 *
 * What must stay true: no memory of a socket is used after kind 4. The host calls one export at a time, so the room of
 * a message belongs to the handler until mocket_ws returns. */
#include "socket.h"

#include "../../abi/codec.h"
#include "../../base/memory.h"
#include "../../base/span.h"
#include "imports.h"
#include "sink.h"

enum { FOR_WRITING = 1, BUCKETS_FIRST = 16 };

struct socket {
    int32_t ws; /* the host's handle */
    struct mocket_socket *socket;
    struct mocket_arena arena;
    char *message; /* of the handshake */
    struct mocket_request req;
    struct mocket_response res;
    struct mocket_guest_sink sink;
    struct socket *next; /* of the same bucket */
};

/* The sockets of the instance, by handle. Static, like the instance. */
static struct {
    struct socket **buckets;
    size_t bucket_count, count; /* a power of two */
} sockets;

/* ---- by handle ---- */

static struct socket **bucket_of(struct socket **buckets, size_t count, int32_t ws)
{
    return &buckets[((uint32_t)ws * 2654435769u >> 12) & (count - 1)];
}

/* Room for one more. */
static int grow(void)
{
    size_t count = sockets.bucket_count ? sockets.bucket_count * 2 : BUCKETS_FIRST;
    if (sockets.count < sockets.bucket_count)
        return 0;
    struct socket **buckets = mocket__new(count * sizeof *buckets);
    if (!buckets)
        return sockets.bucket_count ? 0 : MOCKET_ENOMEM; /* full buckets do it too */
    for (size_t i = 0; i < sockets.bucket_count; i++)
        for (struct socket *s = sockets.buckets[i], *next; s; s = next) {
            struct socket **to = bucket_of(buckets, count, s->ws);
            next = s->next;
            s->next = *to;
            *to = s;
        }
    mocket__free(sockets.buckets);
    sockets.buckets = buckets;
    sockets.bucket_count = count;
    return 0;
}

static void add(struct socket *s)
{
    struct socket **to = bucket_of(sockets.buckets, sockets.bucket_count, s->ws);
    s->next = *to;
    *to = s;
    sockets.count++;
}

/* Returns the pointer to a socket; it points to NULL if there is no such socket. */
static struct socket **find(int32_t ws)
{
    struct socket **at = bucket_of(sockets.buckets, sockets.bucket_count, ws);
    while (*at && (*at)->ws != ws)
        at = &(*at)->next;
    return at;
}

/* ---- what the handler does ---- */

static int32_t handle_of(const struct mocket_socket *s)
{
    return ((const struct socket *)s->backend)->ws;
}

static int send(struct mocket_socket *s, int kind, mocket_span data)
{
    return mocket__import_ws_send(handle_of(s), kind, data.ptr, (uint32_t)data.len);
}

static int wait(struct mocket_socket *s)
{
    int32_t op = mocket__import_ready(handle_of(s), FOR_WRITING);
    return op < 0 ? op : mocket__import_await(op);
}

static int close(struct mocket_socket *s, int code, mocket_span reason)
{
    return mocket__import_ws_close(handle_of(s), code, reason.ptr, (uint32_t)reason.len);
}

static int subscribe(struct mocket_socket *s, mocket_span topic, bool on)
{
    int32_t ws = handle_of(s);
    return on ? mocket__import_ws_subscribe(ws, topic.ptr, (uint32_t)topic.len)
              : mocket__import_ws_unsubscribe(ws, topic.ptr, (uint32_t)topic.len);
}

static const struct mocket_socket_ops ops = { send, wait, close, subscribe };

/* ---- accepting ---- */

/* Moves the event and the objects that it points to from mocket_handle's stack to the socket. */
static void move(struct socket *s, const struct mocket_guest_sink *sink)
{
    mocket_event *e = s->socket->event;
    s->req = *e->req;
    s->res = *e->res;
    s->sink = *sink;
    s->message = mocket__guest_keep(&s->arena);
    s->req.arena = s->res.arena = s->sink.arena = &s->arena;
    s->res.sink = &s->sink.sink;
    s->res.kind = MOCKET_BODY_UPGRADED;
    s->sink.owner = s->ws;
    e->req = &s->req;
    e->res = &s->res;
}

static int32_t accept_by_host(struct mocket_guest_sink *g, const struct mocket_response_head *head)
{
    mocket_span bytes = mocket__abi_head_make(g->arena, head->status, head->fields);
    return bytes.ptr ? mocket__import_ws_accept(g->req, bytes.ptr, (uint32_t)bytes.len) : MOCKET_ENOMEM;
}

static int upgrade(struct mocket_sink *sink, const struct mocket_response_head *head, struct mocket_socket *socket)
{
    struct mocket_guest_sink *g = (struct mocket_guest_sink *)sink;
    struct socket *s = mocket__new(sizeof *s);
    int32_t ws = s && grow() == 0 ? accept_by_host(g, head) : MOCKET_ENOMEM;
    if (ws < 0) {
        mocket__free(s);
        return ws;
    }
    s->ws = ws;
    s->socket = socket;
    socket->ops = &ops;
    socket->backend = s;
    move(s, g);
    add(s);
    return 0;
}

const struct mocket_guest_sockets mocket__guest_sockets = { upgrade };

void mocket__ws_prepare(void)
{
    /* being linked is all that it is for */
}

/* ---- events ---- */

static void end(struct socket **at)
{
    struct socket *s = *at;
    *at = s->next;
    sockets.count--;
    mocket__socket_end(s->socket);
    mocket__arena_release(&s->arena);
    mocket__free(s->message);
    mocket__free(s);
}

static void closed(struct socket **at, mocket_span data)
{
    mocket_span reason;
    int code = mocket__abi_closed_decode(data, &reason);
    mocket__socket_event((*at)->socket, MOCKET_WS_CLOSED, reason, code);
    end(at);
}

__attribute__((export_name("mocket_ws"))) void mocket__guest_ws(int32_t ws, int32_t kind, char *data, uint32_t len);

void mocket__guest_ws(int32_t ws, int32_t kind, char *data, uint32_t len)
{
    struct socket **at = sockets.bucket_count ? find(ws) : NULL;
    mocket_span bytes = len ? (mocket_span){ data, len } : MOCKET_SPAN("");
    if (len)
        data[len] = '\0'; /* the room has a byte more */
    if (at && *at && kind == MOCKET_WS_CLOSED)
        closed(at, bytes);
    else if (at && *at)
        mocket__socket_event((*at)->socket, kind, bytes, 0);
    mocket__guest_room_free(data);
}
