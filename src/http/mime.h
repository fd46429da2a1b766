/* Media types and their parameters (RFC 9110, sections 8.3 and 5.6.6). */
#ifndef MOCKET_HTTP_MIME_H
#define MOCKET_HTTP_MIME_H

#include <mocket.h>

#include "../base/arena.h"

/* Returns whether the type of a Content-Type value is type, without regard to parameters and case. */
bool mocket__mime_is(mocket_span content_type, mocket_span type);
/* Returns whether the type ends in suffix, as "+json" in application/problem+json. */
bool mocket__mime_has_suffix(mocket_span content_type, mocket_span suffix);
/* Returns the first parameter of that name, with quotes and quoted pairs decoded. ptr NULL if it is absent, if a
 * parameter before it is malformed, or when out of memory. */
mocket_span mocket__mime_param(struct mocket_arena *a, mocket_span content_type, mocket_span name);

/* The next parameter of a value such as `form-data; name="a"`. *at: 0 at first. *raw still has its quotes.
 * 1, 0 behind the last, MOCKET_EINVAL: malformed. */
int mocket__mime_param_next(mocket_span value, size_t *at, mocket_span *name, mocket_span *raw);
/* Removes the quotes of raw and adds a NUL. ptr NULL when out of memory. A backslash is an escape only in front of a
 * quote or another backslash, because senders of file names write plain backslashes. */
mocket_span mocket__mime_unquote(struct mocket_arena *a, mocket_span raw);

#endif
