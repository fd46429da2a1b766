/* What an app says of its routes, by the optional export `mocket_routes` (docs/abi.md, section 1). */
#ifndef MOCKET_HOSTS_C_GUEST_DESCRIBE_H
#define MOCKET_HOSTS_C_GUEST_DESCRIBE_H

#include "instance.h"

#define GUEST_DESCRIPTION_MAX (4u << 20) /* bytes */

/* Asks an instance that has started and has nothing to do. 0; MOCKET_ENOTSUP: the module has no such export; another
 * code with words in why. */
int guest_describe(struct guest_instance *instance, struct mocket_buf *text, struct mocket_buf *why);

#endif
