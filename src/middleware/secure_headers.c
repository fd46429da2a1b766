/* Headers that restrict what browsers do. They are set before the handler runs, so that a handler may replace a header
 * for its page, and error answers have them too. */
#include <mocket.h>

#include <string.h>

/* Member of the options, header, default ("": not sent). */
#define SECURE_HEADERS(X)                                                                                              \
    X(content_security_policy, "Content-Security-Policy", "")                                                          \
    X(permissions_policy, "Permissions-Policy", "")                                                                    \
    X(cross_origin_embedder_policy, "Cross-Origin-Embedder-Policy", "")                                                \
    X(cross_origin_opener_policy, "Cross-Origin-Opener-Policy", "same-origin")                                         \
    X(cross_origin_resource_policy, "Cross-Origin-Resource-Policy", "same-origin")                                     \
    X(origin_agent_cluster, "Origin-Agent-Cluster", "?1")                                                              \
    X(referrer_policy, "Referrer-Policy", "no-referrer")                                                               \
    X(strict_transport_security, "Strict-Transport-Security", "max-age=15552000; includeSubDomains")                   \
    X(content_type_options, "X-Content-Type-Options", "nosniff")                                                       \
    X(dns_prefetch_control, "X-DNS-Prefetch-Control", "off")                                                           \
    X(download_options, "X-Download-Options", "noopen")                                                                \
    X(frame_options, "X-Frame-Options", "SAMEORIGIN")                                                                  \
    X(permitted_cross_domain_policies, "X-Permitted-Cross-Domain-Policies", "none")                                    \
    X(xss_protection, "X-XSS-Protection", "0")

enum {
#define HEADER_INDEX(member, name, value) INDEX_##member,
    SECURE_HEADERS(HEADER_INDEX)
#undef HEADER_INDEX
        HEADER_COUNT
};

static const char *const names[HEADER_COUNT] = {
#define HEADER_NAME(member, name, value) name,
    SECURE_HEADERS(HEADER_NAME)
#undef HEADER_NAME
};

struct secure_headers {
    const char *values[HEADER_COUNT]; /* "": not sent */
};

static int secure_headers(mocket_event *e)
{
    const struct secure_headers *headers = mocket_data(e);
    for (size_t i = 0; i < HEADER_COUNT; i++)
        if (headers->values[i][0])
            mocket_header_set(e, names[i], headers->values[i]);
    return mocket_next(e);
}

/* Returns the app's text, or the default. */
static const char *choose(mocket_app *app, const char *theirs, const char *ours)
{
    if (theirs && !mocket_is_header_value(theirs))
        mocket_mistake(app, "mocket_secure_headers: a header contains a control byte");
    return theirs ? mocket_app_text(app, theirs) : ours;
}

void mocket_secure_headers(mocket_app *app, const char *scope, const struct mocket_secure_headers_opts *opts)
{
    struct mocket_secure_headers_opts o;
    struct secure_headers *headers = mocket_app_mem(app, sizeof *headers);
    if (!headers)
        return;
    mocket_opts_read(&o, sizeof o, opts);
#define HEADER_VALUE(member, name, value) headers->values[INDEX_##member] = choose(app, o.member, value);
    SECURE_HEADERS(HEADER_VALUE)
#undef HEADER_VALUE
    mocket_use(app, scope, secure_headers, headers);
}
