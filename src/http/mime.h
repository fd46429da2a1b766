/* Media types and their parameters (RFC 9110, sections 8.3 and 5.6.6). */
#ifndef MOCKET_HTTP_MIME_H
#define MOCKET_HTTP_MIME_H

#include <mocket.h>

#include "../base/arena.h"

/* Is the type of a Content-Type value (parameters aside, case aside) exactly type? */
bool mocket__mime_is(mocket_span content_type, mocket_span type);
/* Does it end in suffix, as "+json" in application/problem+json? */
bool mocket__mime_has_suffix(mocket_span content_type, mocket_span suffix);
/* A parameter, quotes and quoted pairs undone, the first of that name; ptr NULL when absent, when the parameters
 * before it are malformed, or when there is no memory. */
mocket_span mocket__mime_param(struct mocket_arena *a, mocket_span content_type, mocket_span name);

/* The next parameter of a value such as `form-data; name="a"`. *at: 0 at first. *raw still has its quotes.
 * 1, 0 behind the last, MOCKET_EINVAL: malformed. */
int mocket__mime_param_next(mocket_span value, size_t *at, mocket_span *name, mocket_span *raw);
/* raw without its quotes, with a NUL; ptr NULL when there is no memory. A backslash counts only before a quote or
 * another backslash: senders of file names put plain ones there. */
mocket_span mocket__mime_unquote(struct mocket_arena *a, mocket_span raw);

#endif
