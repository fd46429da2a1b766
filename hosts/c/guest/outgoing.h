/* Requests that guests send to other servers (docs/abi.md, section 2, `fetch`), and what those answer. */
#ifndef MOCKET_HOSTS_C_GUEST_OUTGOING_H
#define MOCKET_HOSTS_C_GUEST_OUTGOING_H

#include "operation.h"

/* Ranges of the guest's memory. */
struct guest_fetch {
    uint32_t head, head_len, body, body_len;
};

/* ---- Imports: what they answer to the guest. number: whatever the guest says it is ---- */

int32_t guest_fetch_begin(struct guest_instance *instance, int32_t owner, const struct guest_fetch *fetch);
int32_t guest_fetch_wait(struct guest_instance *instance, int32_t number);
int32_t guest_fetch_head(struct guest_instance *instance, int32_t number, uint32_t at, uint32_t cap);
int32_t guest_fetch_write(struct guest_instance *instance, int32_t number, uint32_t at, uint32_t len);
int32_t guest_fetch_end(struct guest_instance *instance, int32_t number);
int32_t guest_fetch_read(struct guest_instance *instance, int32_t number, uint32_t at, uint32_t cap);
int32_t guest_fetch_ready(struct guest_instance *instance, int32_t number, uint32_t direction);
void guest_fetch_drop(struct guest_instance *instance, int32_t number);

/* ---- For operations and owners ---- */

/* The result of a fetch_wait that is being delivered: the response's handle, or a code. */
int32_t guest_fetch_answer(struct guest_outgoing *outgoing);
/* All that an owner has; operations that waited for it are gone by then. */
void guest_fetches_drop(struct guest_owner *owner);

#endif
