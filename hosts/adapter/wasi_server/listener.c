/* Listening sockets. Binding and listening may take their time by wasi:sockets, so each waits for its pollable. */
#include "../../../src/base/buf.h"
#include "../../../src/base/deadline.h"
#include "../../../src/base/span.h"
#include "conn.h"
#include "sockets.h"

#define ACCEPTS_PER_TURN 64
#define PAUSE_NS (100 * MOCKET_MS_NS) /* when no connection can be accepted for want of descriptors */
#define BACKLOG 1024
#define DEFAULT_PORT 3000

/* ---- Opening ---- */

static const char *reason(unsigned error)
{
    switch (error) {
    case WASI_ACCESS_DENIED:
        return "the host does not grant it. Wasmtime: `wasmtime run -S inherit-network`";
    case WASI_ADDRESS_IN_USE:
        return "the port is in use";
    case WASI_ADDRESS_NOT_BINDABLE:
        return "the address is not one of this machine";
    case WASI_NOT_SUPPORTED:
        return "the host does not support the address family";
    case WASI_NEW_SOCKET_LIMIT:
        return "the host has no more sockets";
    default:
        return "the host refused";
    }
}

static bool fail(const struct server_address *at, unsigned error)
{
    struct mocket_buf text = { 0 };
    char room[SERVER_ADDRESS_TEXT];
    mocket__buf_text(&text, "cannot listen on ");
    mocket__buf_span(&text, server_address_with_port(at, room));
    mocket__buf_text(&text, ": ");
    mocket__buf_text(&text, reason(error));
    server_log(MOCKET_LOG_ERROR, mocket__buf_view(&text));
    mocket__buf_release(&text);
    return false;
}

static uint32_t word(const struct server_address *at, int i)
{
    return (uint32_t)at->bytes[2 * i] << 8 | at->bytes[2 * i + 1];
}

static void start_bind(uint32_t socket, uint32_t network, const struct server_address *at, union wasi_result *ret)
{
    const unsigned char *b = at->bytes;
    if (at->ipv6)
        wasi_tcp_bind(socket, network, WASI_IPV6, at->port, 0, word(at, 0), word(at, 1), word(at, 2), word(at, 3),
                      word(at, 4), word(at, 5), word(at, 6), word(at, 7), 0, ret);
    else
        wasi_tcp_bind(socket, network, WASI_IPV4, at->port, b[0], b[1], b[2], b[3], 0, 0, 0, 0, 0, 0, ret);
}

/* Ends a step that may block. */
static void finish(const struct server_listener *l, void (*step)(uint32_t self, union wasi_result *ret),
                   union wasi_result *ret)
{
    for (;;) {
        step(l->socket, ret);
        if (ret->bytes[0] == 0 || ret->bytes[1] != WASI_WOULD_BLOCK)
            return;
        wasi_pollable_block(l->pollable);
    }
}

/* 0, or 1 and the error behind it. */
static void open_socket(struct server_listener *l, const struct server_address *at, union wasi_result *ret)
{
    uint32_t network = wasi_network();
    wasi_tcp_backlog(l->socket, BACKLOG, ret);
    start_bind(l->socket, network, at, ret);
    if (ret->bytes[0] == 0)
        finish(l, wasi_tcp_bound, ret);
    if (ret->bytes[0] == 0)
        wasi_tcp_listen(l->socket, ret);
    if (ret->bytes[0] == 0)
        finish(l, wasi_tcp_listening, ret);
}

static void learn_port(const struct server_listener *l, struct server_address *at)
{
    union wasi_result ret;
    wasi_tcp_local(l->socket, &ret);
    if (ret.bytes[0] == 0)
        at->port = (uint16_t)ret.words[2];
}

static void tell(const struct server_address *at)
{
    struct mocket_buf text = { 0 };
    char room[SERVER_ADDRESS_TEXT];
    mocket__buf_text(&text, "listening on http://");
    mocket__buf_span(&text, server_address_with_port(at, room));
    server_log(MOCKET_LOG_INFO, mocket__buf_view(&text));
    mocket__buf_release(&text);
}

/* required: failing is an error. */
static bool open_at(struct server *s, struct server_address *at, bool required)
{
    union wasi_result ret;
    struct server_listener *l = &s->listeners[s->listener_count];
    wasi_tcp_new(at->ipv6 ? WASI_IPV6 : WASI_IPV4, &ret);
    if (ret.bytes[0] != 0)
        return !required || fail(at, ret.bytes[4]);
    l->socket = ret.words[1];
    l->pollable = wasi_tcp_subscribe(l->socket);
    open_socket(l, at, &ret);
    if (ret.bytes[0] != 0) {
        wasi_pollable_drop(l->pollable);
        wasi_tcp_drop(l->socket);
        return !required || fail(at, ret.bytes[1]);
    }
    s->listener_count++;
    learn_port(l, at);
    tell(at);
    return true;
}

bool server_listen(struct server *s)
{
    struct server_address at = s->options.address;
    if (!s->options.has_port)
        at.port = server_port_of(s->adapter->declared.address);
    if (!s->options.has_port && at.port == 0)
        at.port = DEFAULT_PORT;
    if (!s->options.every_address)
        return open_at(s, &at, true);
    at.ipv6 = false; /* all zeroes: every address */
    if (!open_at(s, &at, true))
        return false;
    at.ipv6 = true;
    return open_at(s, &at, false);
}

void server_unlisten(struct server *s)
{
    while (s->listener_count > 0) {
        struct server_listener *l = &s->listeners[--s->listener_count];
        wasi_pollable_drop(l->pollable);
        wasi_tcp_drop(l->socket);
    }
}

/* ---- Accepting ---- */

void server_accept(struct server *s, struct server_listener *l)
{
    union wasi_result ret;
    for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
        wasi_tcp_accept(l->socket, &ret);
        if (ret.bytes[0] == 0) {
            conn_new(s, ret.words[1], ret.words[2], ret.words[3]);
            continue;
        }
        if (ret.bytes[4] == WASI_NEW_SOCKET_LIMIT) {
            server_log(MOCKET_LOG_WARN, MOCKET_SPAN("a connection was not accepted: no more sockets (ulimit -n)"));
            s->accept_ns = mocket__deadline_after(s->now_ns, PAUSE_NS);
        }
        if (ret.bytes[4] == WASI_WOULD_BLOCK || ret.bytes[4] == WASI_NEW_SOCKET_LIMIT)
            return;
    }
}
