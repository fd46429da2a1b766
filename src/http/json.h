/* JSON text (RFC 8259) to and from values in an arena. yyjson does the work; its names do not leave json.c. */
#ifndef MOCKET_HTTP_JSON_H
#define MOCKET_HTTP_JSON_H

#include <mocket.h>

#include "../base/arena.h"

#define MOCKET_JSON_DEPTH_MAX 128

/* 0, MOCKET_EINVAL: not JSON, deeper than MOCKET_JSON_DEPTH_MAX, or bytes behind it; MOCKET_ENOMEM. */
int mocket__json_parse(struct mocket_arena *a, mocket_span text, const mocket_value **out);

/* Writes a value compactly, in insertion order. Returns 0, MOCKET_EINVAL (a number that JSON cannot represent, text
 * that is not UTF-8, a builder that failed), MOCKET_ENOMEM. */
int mocket__json_write(struct mocket_arena *a, const mocket_value *value, mocket_span *out);

mocket_value *mocket__json_new(struct mocket_arena *a, bool array);

#endif
