/* Which servers guests may reach (mocket serve --allow-net): the rules, and what they say of a name and of an address.
 *
 * A rule is HOST, *.HOST (each name below it), an address or network, localhost, or all; with :PORT behind it for one
 * port, without for every port. A name grants the name, and of its addresses those that are public: what is loopback,
 * private, link-local or otherwise not everybody's is granted by address or network, beside the name. localhost is the
 * one name that reaches loopback addresses, and nothing else. all is every name, and every public address. */
#ifndef MOCKET_HOSTS_C_GUEST_ALLOW_H
#define MOCKET_HOSTS_C_GUEST_ALLOW_H

#include <sys/socket.h>

#include "../../../src/base/buf.h"
#include "../../../src/http/forwarded.h"

#define GUEST_NETS_MAX 64
#define GUEST_NAME_MAX 253 /* characters of a host's name */

enum guest_net_kind { GUEST_NET_ALL, GUEST_NET_NAME, GUEST_NET_BELOW /* *.name */, GUEST_NET_ADDRESS };

struct guest_net {
    enum guest_net_kind kind;
    uint16_t port;                 /* 0: every one */
    char name[GUEST_NAME_MAX + 1]; /* lower case, without a dot at its end */
    struct mocket_network network;
};

struct guest_nets {
    const struct guest_net *rows;
    size_t count;
};

/* 0; MOCKET_EINVAL: *why tells what is wrong, in a few words. */
int guest_net_parse(const char *rule, struct guest_net *out, const char **why);

/* May this host of a URL be looked up, or, if it is an address, be connected to? */
bool guest_nets_allow_name(const struct guest_nets *nets, mocket_span host, uint16_t port);
/* May it be connected to at this address? */
bool guest_nets_allow(const struct guest_nets *nets, mocket_span host, uint16_t port, const struct sockaddr *address);
/* Appends the rule that is missing: of a name, or (address not NULL) of an address. */
void guest_net_missing(struct mocket_buf *out, mocket_span host, uint16_t port, const struct sockaddr *address);

/* An address that everybody's packets may go to. */
bool guest_address_is_public(const struct mocket_address *a);

#endif
