/* Origins: scheme, host and port (RFC 6454). The only place that compares them. */
#ifndef MOCKET_HTTP_ORIGIN_H
#define MOCKET_HTTP_ORIGIN_H

#include <mocket.h>

struct mocket_origin {
    mocket_span scheme, host;
    int64_t port; /* of the scheme when the text has none; -1: the scheme has none either */
};

/* "scheme://host" or "scheme://host:port", views into text. False for all else, such as "null" or a URL with a path. */
bool mocket__origin_parse(mocket_span text, struct mocket_origin *out);

/* Case does not count, an absent port is the scheme's, IPv6 addresses are compared as addresses. */
bool mocket__origin_same(const struct mocket_origin *a, const struct mocket_origin *b);

/* Does the origin lie at this authority (Host)? Only http and https do. An authority without a port has the port of the
 * request's scheme: https when tls is set; else that of the origin, since a proxy in front may have ended TLS. */
bool mocket__origin_is_at(mocket_span origin, mocket_span authority, bool tls);

#endif
