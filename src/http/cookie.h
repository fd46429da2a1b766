/* Cookies (RFC 6265bis; C-01 to C-10). */
#ifndef MOCKET_HTTP_COOKIE_H
#define MOCKET_HTTP_COOKIE_H

#include "../base/buf.h"
#include "fields.h"

/* Appends the pairs of one Cookie header. 0 or MOCKET_ENOMEM. */
int mocket__cookie_parse(mocket_span header, struct mocket_arena *a, struct mocket_fields *out);

/* The options as this library knows them: a caller built with an older header has a shorter struct. opts may be
 * NULL. */
struct mocket_cookie_opts mocket__cookie_opts(const struct mocket_cookie_opts *opts);

/* Appends a Set-Cookie value. Returns 0, or MOCKET_EINVAL: name is not a token; value, path or domain contain a
 * forbidden byte; or a rule of __Host-, __Secure- or Partitioned is broken. out has no usable value then. */
int mocket__cookie_write(struct mocket_buf *out, mocket_span name, mocket_span value,
                         const struct mocket_cookie_opts *opts);

/* Name, path and domain of a Set-Cookie value, as written by mocket__cookie_write: is it the same cookie? */
bool mocket__cookie_same(mocket_span set_cookie_a, mocket_span set_cookie_b);

#endif
