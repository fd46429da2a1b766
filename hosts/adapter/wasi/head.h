/* Heads of requests: of a client's, which is read, and of an outgoing one, which is written. */
#ifndef MOCKET_HOSTS_ADAPTER_WASI_HEAD_H
#define MOCKET_HOSTS_ADAPTER_WASI_HEAD_H

#include "../core/port.h"

/* Reads method, target, authority, flags and the declared length to the message. Texts lie in the area where results
 * land. Returns the handle of the fields, which are not read. */
uint32_t wasi_head_read(uint32_t request, struct mocket_message *msg);
/* Sets method, scheme, authority and target of the handle. False: the platform refused one of them. */
bool wasi_head_write(uint32_t request, const struct adapter_outgoing *o);

#endif
