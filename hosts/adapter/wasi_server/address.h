/* IP addresses and ports as text. IPv4 addresses are the first four bytes. */
#ifndef MOCKET_HOSTS_ADAPTER_WASI_SERVER_ADDRESS_H
#define MOCKET_HOSTS_ADAPTER_WASI_SERVER_ADDRESS_H

#include <mocket.h>

struct server_address {
    bool ipv6;
    unsigned char bytes[16];
    uint16_t port;
};

#define SERVER_ADDRESS_TEXT 56 /* room for "[v6]:port" */

/* Parses an IPv4 or IPv6 address without brackets and port. */
bool server_address_parse(struct server_address *a, mocket_span text);
/* The address without the port, IPv6 in its usual short form; the text lies in room. */
mocket_span server_address_text(const struct server_address *a, char room[SERVER_ADDRESS_TEXT]);
/* "127.0.0.1:80", "[::1]:80". */
mocket_span server_address_with_port(const struct server_address *a, char room[SERVER_ADDRESS_TEXT]);

#endif
