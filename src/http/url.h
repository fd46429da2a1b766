/* Targets, paths and percent-encoding (RFC 3986; contract.md R-40, M-04, Q-10). */
#ifndef MOCKET_HTTP_URL_H
#define MOCKET_HTTP_URL_H

#include "../base/arena.h"
#include "../base/buf.h"

#define MOCKET_TARGET_MAX 8192 /* bytes of a target, unless the app has another limit: more are 414 */

/* Splits a target: the path is the text before the first `?`, the query the text behind it, up to `#`. */
void mocket__target_split(mocket_span target, mocket_span *path, mocket_span *query);

/* Splits "http://host:port/path?query" into authority and origin-form target ("/" when the path is empty; `*` stays for
 * OPTIONS by the caller). Views, but for an origin form that needs a slash in front, which lies in the arena. False
 * when it is not an absolute http or https URL without a fragment, or there is no memory. */
bool mocket__target_absolute(struct mocket_arena *a, mocket_span target, mocket_span *authority, mocket_span *origin);

/* host or host:port as Host may hold it (RFC 9110, section 7.2); "" is valid, user information is not. */
bool mocket__is_authority(mocket_span s);
/* The same, and its parts: host with the brackets of an IPv6 address, port -1 when there is none. */
bool mocket__authority_split(mocket_span s, mocket_span *host, int64_t *port);
/* Returns whether two hosts are equal, without regard to case and to the notation of IPv6 addresses. */
bool mocket__same_host(mocket_span a, mocket_span b);

/* Returns whether s contains only bytes that a URL may contain (RFC 3986, section 2). */
bool mocket__has_url_bytes(mocket_span s);

/* Appends s and percent-encodes visible bytes that a URL must not contain; existing %HH stay. Returns false for blanks,
 * control bytes and bytes above 0x7E, whose intended encoding is unknown. */
bool mocket__url_mend(struct mocket_buf *out, mocket_span s);

enum mocket_decode { MOCKET_DECODE_URL, MOCKET_DECODE_FORM /* `+` is a blank */ };
/* %HH to bytes, malformed ones stay; not UTF-8: "". With its NUL; ptr NULL only when there is no memory. */
mocket_span mocket__url_decode(struct mocket_arena *a, mocket_span s, enum mocket_decode how);
/* Keeps unreserved characters. */
void mocket__url_encode(struct mocket_buf *out, mocket_span s);

/* The canonical path (M-04): characters that a path may hold decoded, dot segments resolved, empty segments dropped,
 * one leading slash, other escapes kept in upper case. 0, MOCKET_EINVAL for an encoded `/`, `\` or NUL, or
 * MOCKET_ENOMEM. */
int mocket__path_canonical(struct mocket_arena *a, mocket_span path, mocket_span *out);

#endif
