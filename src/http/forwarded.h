/* Addresses, networks, and the fields in which proxies report the client: Forwarded (RFC 7239), X-Forwarded-For and
 * -Proto. The caller decides which proxies to trust. */
#ifndef MOCKET_HTTP_FORWARDED_H
#define MOCKET_HTTP_FORWARDED_H

#include "../base/arena.h"
#include "fields.h"

/* An IPv6 address in network order; IPv4 as ::ffff:a.b.c.d. */
struct mocket_address {
    unsigned char bytes[16];
};

#define MOCKET_ADDRESS_TEXT 46 /* room for the text of one, with its NUL */

/* "192.0.2.1", "2001:db8::1". False when it is something else. */
bool mocket__address_parse(struct mocket_address *a, mocket_span text);
/* The usual text, IPv4 as such; with its NUL. */
mocket_span mocket__address_text(const struct mocket_address *a, char text[MOCKET_ADDRESS_TEXT]);

struct mocket_network {
    struct mocket_address address;
    unsigned bits; /* of the 128 */
};

struct mocket_networks {
    const struct mocket_network *rows;
    size_t count;
    bool local; /* "unix": every client of a Unix socket */
};

/* Adds a list such as "10.0.0.0/8, ::1, unix". Returns 0; MOCKET_EINVAL if it is malformed or a network has bits beyond
 * its prefix; or MOCKET_ENOMEM. */
int mocket__networks_add(struct mocket_networks *n, struct mocket_arena *a, mocket_span list);
/* Returns whether a network contains the address. IPv6 networks, "::/0" included, contain no IPv4 addresses. */
bool mocket__networks_hold(const struct mocket_networks *n, const struct mocket_address *a);

struct mocket_forwarded {
    struct mocket_address address;
    bool has_address; /* else it is not reported, or a proxy hides it */
    bool conflict;    /* Forwarded and X-Forwarded-For name different clients, so neither is trusted */
    bool has_scheme, https;
};

/* Follows the path back from the proxy that connected, over trusted proxies, to the first address that is not trusted:
 * the client, as far as it is known. A malformed element ends the path, because a client may have written everything
 * left of it. The address is then that of the last hop that could be parsed. */
struct mocket_forwarded mocket__forwarded(const struct mocket_fields *fields, const struct mocket_networks *trusted);

#endif
