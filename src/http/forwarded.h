/* Addresses, networks, and what proxies say of the client: Forwarded (RFC 7239), X-Forwarded-For and -Proto. Whom to
 * believe is the caller's affair; here is what was said. */
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
    bool local; /* "unix": whoever comes by a Unix socket */
};

/* Adds a list such as "10.0.0.0/8, ::1, unix" to what is there. 0, MOCKET_EINVAL when it is malformed or a network has
 * bits beyond its prefix, or MOCKET_ENOMEM. */
int mocket__networks_add(struct mocket_networks *n, struct mocket_arena *a, mocket_span list);
/* Networks of IPv6 hold no IPv4 addresses, "::/0" neither. */
bool mocket__networks_hold(const struct mocket_networks *n, const struct mocket_address *a);

struct mocket_forwarded {
    struct mocket_address address;
    bool has_address; /* else nobody said, or a proxy hides it */
    bool conflict;    /* Forwarded and X-Forwarded-For name two different clients: neither can be believed */
    bool has_scheme, https;
};

/* Goes back from the proxy that connected, over those that are trusted, to the first address that is not: the client,
 * as far as can be known. An element that is malformed ends the way: what stands left of it may be anybody's, and the
 * address is that of the last hop that could be read. */
struct mocket_forwarded mocket__forwarded(const struct mocket_fields *fields, const struct mocket_networks *trusted);

#endif
