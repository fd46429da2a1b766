/* Redirects (RFC 9110, section 15.4): what becomes of a request that is sent again to where a Location leads. */
#ifndef MOCKET_HTTP_REDIRECT_H
#define MOCKET_HTTP_REDIRECT_H

#include <mocket.h>

#define MOCKET_REDIRECTS_MAX 10 /* of one request; the next one ends it with MOCKET_ELIMIT */

/* Returns whether a client follows the Location of a response with this status. */
bool mocket__is_redirect(int status);
/* Returns whether the next request is a GET without a body, whatever this request was. */
bool mocket__redirect_is_get(int status, mocket_span method);
/* Returns whether a field describes the body: a request that has lost its body is sent without the field. */
bool mocket__redirect_needs_body(mocket_span name);
/* Returns whether a field is meant for one origin: a request to another origin is sent without the field. */
bool mocket__redirect_is_secret(mocket_span name);

#endif
