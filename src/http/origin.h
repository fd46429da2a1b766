/* Origins: scheme, host and port (RFC 6454). The only place that compares them. */
#ifndef MOCKET_HTTP_ORIGIN_H
#define MOCKET_HTTP_ORIGIN_H

#include <mocket.h>

struct mocket_origin {
    mocket_span scheme, host;
    int64_t port; /* of the scheme when the text has none; -1: the scheme has none either */
};

/* Parses "scheme://host" or "scheme://host:port" into views of text. Returns false for other texts, such as "null" or a
 * URL with a path. */
bool mocket__origin_parse(mocket_span text, struct mocket_origin *out);

/* Compares without regard to case. An absent port is the scheme's default port. IPv6 addresses are compared as
 * addresses. */
bool mocket__origin_same(const struct mocket_origin *a, const struct mocket_origin *b);

/* Returns whether the origin is this authority (Host), for http and https only. An authority without a port has the
 * default port of the request's scheme: https if tls is set; else the scheme of the origin, because a proxy in front
 * may have terminated TLS. */
bool mocket__origin_is_at(mocket_span origin, mocket_span authority, bool tls);

#endif
