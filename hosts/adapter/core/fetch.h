/* Outgoing requests inside the core (struct adapter_outgoing, outgoing.h). */
#ifndef MOCKET_HOSTS_ADAPTER_CORE_FETCH_H
#define MOCKET_HOSTS_ADAPTER_CORE_FETCH_H

#include "exchange.h"
#include "outgoing.h"

struct adapter_fetch_call {
    struct adapter_range head, body;
    bool streams;
};
/* `fetch`: the number of the outgoing request, or a code. */
int32_t adapter_fetch_begin(struct adapter *a, int32_t owner, const struct adapter_fetch_call *call);
int32_t adapter_fetch_wait(struct adapter *a, int32_t number);
int32_t adapter_fetch_ready(struct adapter *a, int32_t number, uint32_t direction);
int32_t adapter_fetch_head(struct adapter *a, int32_t number, struct adapter_range room);
int32_t adapter_fetch_write(struct adapter *a, int32_t number, struct adapter_range bytes);
int adapter_fetch_finish(struct adapter *a, int32_t number);
int32_t adapter_fetch_read(struct adapter *a, int32_t number, struct adapter_range room);
/* `drop` of either handle. */
void adapter_fetch_drop(struct adapter *a, int32_t number);

/* The guest takes the response: its handle, or a code. */
int32_t adapter_fetch_open(struct adapter_outgoing *o);
/* Nothing of the exchange is left. */
void adapter_fetch_release(struct adapter_outgoing *o);
/* Has the head arrived? Follows redirects. Ends the operation of fetch_wait if there is an outcome. */
void adapter_fetch_look(struct adapter_outgoing *o);
/* Its time is up. */
void adapter_fetch_expire(struct adapter_outgoing *o);
/* Would a read or write return MOCKET_EAGAIN? Else 0, or the code of the next one. */
int adapter_fetch_readable(struct adapter_outgoing *o);
int adapter_fetch_writable(struct adapter_outgoing *o);

#endif
