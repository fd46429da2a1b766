/* Fields of a request or of a response as the platform keeps them. */
#ifndef MOCKET_HOSTS_ADAPTER_WASI_FIELDS_H
#define MOCKET_HOSTS_ADAPTER_WASI_FIELDS_H

#include "../core/port.h"

/* Appends the rows of fields to `out`, texts in the arena. 0 or MOCKET_ENOMEM. */
int wasi_fields_copy(uint32_t fields, struct mocket_fields *out, struct mocket_arena *arena);
/* The Content-Length among fields; -1: there is none, or it is not a length. */
int64_t wasi_fields_length(uint32_t fields);
/* Fields from rows; rows that the platform does not accept are left out. */
uint32_t wasi_fields_make(const struct mocket_fields *fields);

#endif
