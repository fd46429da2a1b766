/* Requests inside the core (struct adapter_exchange): their calls and their answers. */
#ifndef MOCKET_HOSTS_ADAPTER_CORE_EXCHANGE_H
#define MOCKET_HOSTS_ADAPTER_CORE_EXCHANGE_H

#include "app.h"
#include "port.h"

/* ---- Calls ---- */

/* Reads on a body that is collected. Returns whether the request has made progress. */
bool adapter_exchange_collect(struct adapter_exchange *x);
/* Calls mocket_handle. The request is DUE, and no export runs. */
void adapter_exchange_enter(struct adapter_exchange *x);
/* Ends the request if the app can do nothing more for it. */
void adapter_exchange_settle(struct adapter_exchange *x);
/* The client left (ECLOSED), or the time is up (ETIMEDOUT). */
void adapter_exchange_die(struct adapter_exchange *x, int code);
/* The core answers with this status and its reason. */
void adapter_refuse(struct adapter_exchange *x, int status);
/* The core answers, or cuts an answer that was begun. */
void adapter_exchange_fail(struct adapter_exchange *x, int status);
/* The same, and the request is over. */
void adapter_exchange_refuse(struct adapter_exchange *x, int status);

/* ---- Imports: each returns 0 or more, or a code ---- */

/* 0 if an answer can still be given. */
int adapter_exchange_state(const struct adapter_exchange *x);

struct adapter_range {
    uint32_t at, len;
};
int adapter_exchange_respond(struct adapter_exchange *x, struct adapter_range head, struct adapter_range body);
int adapter_exchange_begin(struct adapter_exchange *x, struct adapter_range head);
int32_t adapter_exchange_write(struct adapter_exchange *x, struct adapter_range bytes);
int adapter_exchange_finish(struct adapter_exchange *x);
int32_t adapter_exchange_read(struct adapter_exchange *x, struct adapter_range room);
int32_t adapter_exchange_fields(struct adapter_exchange *x, struct adapter_range room);

/* Fills a range of the app's memory with random bytes. False: it is outside. */
bool adapter_random(uint32_t at, uint32_t len);

#endif
