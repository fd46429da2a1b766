/* What the operator says: arguments of the component in front of `--`, and variables of its environment. */
#ifndef MOCKET_HOSTS_ADAPTER_WASI_SERVER_OPTIONS_H
#define MOCKET_HOSTS_ADAPTER_WASI_SERVER_OPTIONS_H

#include "../../../src/wire/h1_parse.h"
#include "address.h"

/* X(member, option, default, kind): a TIME in nanoseconds, a SIZE or a COUNT. `off` makes a time MOCKET_NEVER. The
 * defaults are those of `mocket serve` and of the native server; body-timeout is as timeout, at most 30 s, if it is not
 * given. */
#define SERVER_OPTIONS(X)                                                                                              \
    X(answer_ns, "timeout", 30 * MOCKET_SECOND_NS, TIME)                                                               \
    X(head_ns, "head-timeout", 10 * MOCKET_SECOND_NS, TIME)                                                            \
    X(body_ns, "body-timeout", 0, TIME)                                                                                \
    X(write_ns, "write-timeout", 30 * MOCKET_SECOND_NS, TIME)                                                          \
    X(idle_ns, "idle-timeout", 60 * MOCKET_SECOND_NS, TIME)                                                            \
    X(max_head, "max-head", 32768, SIZE)                                                                               \
    X(max_body, "max-body", MOCKET_NEVER, SIZE)                                                                        \
    X(max_memory, "max-memory-total", 536870912, SIZE)                                                                 \
    X(max_connections, "max-connections", 1000, COUNT)

#define SERVER_MEMORY_LEAST 65536 /* of max-memory-total */
#define SERVER_LISTENERS_MAX 2    /* every address of IPv4, and of IPv6 */

struct server_options {
#define SERVER_OPTION_MEMBER(member, ...) uint64_t member;
    SERVER_OPTIONS(SERVER_OPTION_MEMBER)
#undef SERVER_OPTION_MEMBER
    bool has_port; /* else the port is the app's */
    bool every_address;
    bool until_eof; /* ends when standard input does */
    struct server_address address;
};

/* Reads arguments and environment, and hides the server's arguments from the app. False: the error was logged. */
bool server_options_read(struct server_options *o);
/* The port of the app's own address; 0: it names none. */
uint16_t server_port_of(const char *address);

#endif
