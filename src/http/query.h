/* application/x-www-form-urlencoded, in query strings and bodies. */
#ifndef MOCKET_HTTP_QUERY_H
#define MOCKET_HTTP_QUERY_H

#include "fields.h"

/* Appends every pair, decoded, in order, duplicates included; pairs with an empty key are dropped. 0 or
 * MOCKET_ENOMEM. */
int mocket__query_parse(mocket_span text, struct mocket_arena *a, struct mocket_fields *out);

#endif
