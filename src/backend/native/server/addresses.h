/* How many connections each client address has, counted over all workers. An IPv6 client owns a /64, so it is counted
 * by that. */
#ifndef MOCKET_NATIVE_ADDRESSES_H
#define MOCKET_NATIVE_ADDRESSES_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

#include "../../../http/forwarded.h"

struct mocket_addresses;

/* NULL when there is no memory. */
struct mocket_addresses *mocket__addresses_new(size_t most);
void mocket__addresses_free(struct mocket_addresses *t); /* NULL is fine */

/* One more of this address. False when it has as many as it may, or there is no memory. Any thread. */
bool mocket__addresses_enter(struct mocket_addresses *t, const struct mocket_address *a);
void mocket__addresses_leave(struct mocket_addresses *t, const struct mocket_address *a);

/* Of a socket address, IPv4 or IPv6. */
void mocket__address_of(struct mocket_address *a, const struct sockaddr *sa);

#endif
