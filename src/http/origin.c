/* "https://a.example" and "https://A.example:443" are the same origin. A comparison as text would refuse clients and
 * proxies that write the default port. */
#include "origin.h"

#include "../base/span.h"
#include "url.h"

#define PORT_NONE (-1)

static int64_t default_port(mocket_span scheme)
{
    static const struct {
        mocket_span scheme;
        int64_t port;
    } rows[] = {
        { { "https", 5 }, 443 },
        { { "http", 4 }, 80 },
        { { "wss", 3 }, 443 },
        { { "ws", 2 }, 80 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (mocket__span_ieq(rows[i].scheme, scheme))
            return rows[i].port;
    return PORT_NONE;
}

static bool is_web(mocket_span scheme)
{
    return mocket__span_ieq(scheme, MOCKET_SPAN("http")) || mocket__span_ieq(scheme, MOCKET_SPAN("https"));
}

/* Reads host and port of an authority. Without a port it keeps the port of the scheme. Returns false if it is malformed
 * or has no host. */
static bool read_authority(mocket_span authority, struct mocket_origin *out)
{
    if (authority.len == 0 || !mocket__authority_split(authority, &out->host, &out->port))
        return false;
    if (out->port < 0)
        out->port = default_port(out->scheme);
    return true;
}

bool mocket__origin_parse(mocket_span text, struct mocket_origin *out)
{
    size_t colon = mocket__span_find(text, ':', 0);
    out->scheme = mocket__span_slice(text, 0, colon);
    return colon > 0 && mocket__span_eq(mocket__span_slice(text, colon, colon + 3), MOCKET_SPAN("://")) &&
           read_authority(mocket__span_slice(text, colon + 3, text.len), out);
}

bool mocket__origin_same(const struct mocket_origin *a, const struct mocket_origin *b)
{
    return a->port == b->port && mocket__span_ieq(a->scheme, b->scheme) && mocket__same_host(a->host, b->host);
}

bool mocket__origin_is_at(mocket_span origin, mocket_span authority, bool tls)
{
    struct mocket_origin theirs, ours;
    if (!mocket__origin_parse(origin, &theirs) || !is_web(theirs.scheme))
        return false;
    ours.scheme = tls ? MOCKET_SPAN("https") : theirs.scheme;
    return read_authority(authority, &ours) && ours.port == theirs.port && mocket__same_host(ours.host, theirs.host);
}

bool mocket_same_origin(const char *a, const char *b)
{
    struct mocket_origin x, y;
    mocket_span p = mocket__span(a), q = mocket__span(b);
    if (mocket__span_eq(p, q))
        return true;
    return mocket__origin_parse(p, &x) && mocket__origin_parse(q, &y) && mocket__origin_same(&x, &y);
}
