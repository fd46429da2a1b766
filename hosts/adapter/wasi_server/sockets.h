/* The functions of wasi:sockets that the server calls, as the canonical ABI lowers them (wasi2/wasi.h has the
 * others). Layouts of results:
 *
 *     result<_, error-code>            u8 tag; u8 case at 1
 *     result<handle, error-code>       u8 tag; u32 at 4, or u8 case at 4
 *     result<tuple<handle, ...>, ...>  u8 tag; u32 at 4, 8, 12
 *     result<ip-socket-address, ...>   u8 tag; u8 family at 4; u16 port at 8; IPv4: 4 u8 at 10; IPv6: 8 u16 at 16 */
#ifndef MOCKET_HOSTS_ADAPTER_WASI_SERVER_SOCKETS_H
#define MOCKET_HOSTS_ADAPTER_WASI_SERVER_SOCKETS_H

#include "../wasi2/wasi.h"

#define TCP(name) WASI("sockets/tcp", name)

enum wasi_family { WASI_IPV4, WASI_IPV6 };

/* Cases of error-code. */
enum wasi_socket_error {
    WASI_ACCESS_DENIED = 1,
    WASI_NOT_SUPPORTED = 2,
    WASI_WOULD_BLOCK = 8,
    WASI_NEW_SOCKET_LIMIT = 10,
    WASI_ADDRESS_NOT_BINDABLE = 11,
    WASI_ADDRESS_IN_USE = 12
};

enum wasi_shutdown { WASI_SHUT_SEND = 1 };

WASI("sockets/instance-network", "instance-network") uint32_t wasi_network(void);
WASI("sockets/tcp-create-socket", "create-tcp-socket") void wasi_tcp_new(uint32_t family, union wasi_result *ret);
/* ip-socket-address, flat: family; IPv4: port and 4 bytes; IPv6: port, flow, 8 words, scope. */
TCP("[method]tcp-socket.start-bind")
void wasi_tcp_bind(uint32_t self, uint32_t network, uint32_t family, uint32_t port, uint32_t a, uint32_t b, uint32_t c,
                   uint32_t d, uint32_t e, uint32_t f, uint32_t g, uint32_t h, uint32_t i, uint32_t j,
                   union wasi_result *ret);
TCP("[method]tcp-socket.finish-bind") void wasi_tcp_bound(uint32_t self, union wasi_result *ret);
TCP("[method]tcp-socket.start-listen") void wasi_tcp_listen(uint32_t self, union wasi_result *ret);
TCP("[method]tcp-socket.finish-listen") void wasi_tcp_listening(uint32_t self, union wasi_result *ret);
TCP("[method]tcp-socket.set-listen-backlog-size")
void wasi_tcp_backlog(uint32_t self, uint64_t size, union wasi_result *ret);
TCP("[method]tcp-socket.accept") void wasi_tcp_accept(uint32_t self, union wasi_result *ret);
TCP("[method]tcp-socket.local-address") void wasi_tcp_local(uint32_t self, union wasi_result *ret);
TCP("[method]tcp-socket.remote-address") void wasi_tcp_remote(uint32_t self, union wasi_result *ret);
TCP("[method]tcp-socket.subscribe") uint32_t wasi_tcp_subscribe(uint32_t self);
TCP("[method]tcp-socket.shutdown") void wasi_tcp_shutdown(uint32_t self, uint32_t how, union wasi_result *ret);
TCP("[resource-drop]tcp-socket") void wasi_tcp_drop(uint32_t self);
WASI("cli/stdin", "get-stdin") uint32_t wasi_stdin(void);

#endif
