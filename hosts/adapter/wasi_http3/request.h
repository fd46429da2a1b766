/* The head of a request. */
#ifndef MOCKET_HOSTS_ADAPTER_WASI_HTTP3_REQUEST_H
#define MOCKET_HOSTS_ADAPTER_WASI_HTTP3_REQUEST_H

#include "task.h"

/* Reads the head to x->message. Returns false while a read shows whether there is a body: call http3_request_look then.
 * The exchange may be submitted when it returns true. */
bool http3_request_read(struct http3_task *t);
/* The same, when the input of the task has had an event. */
bool http3_request_look(struct http3_task *t);

#endif
