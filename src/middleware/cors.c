/* CORS: which pages of other origins may read the answers (contract.md, section 6; the Fetch standard, section 3.3).
 *
 * * The server reports, and the browser decides. So an origin that is not allowed gets its answer without CORS headers.
 *   A cache must never reuse an answer for one origin with another origin: if the headers depend on Origin, every
 *   answer has `Vary: Origin`, also preflights and answers to refused origins.
 *
 * * A wildcard does not work with credentials: browsers then take `*` literally. For the origin this is a mistake of
 *   registration, because allowing every origin with credentials would open the app to every page. Wildcards for
 *   methods and headers are harmless, so the answer repeats what the preflight asks for. */
#include <mocket.h>

#include <string.h>

#define MAX_AGE_S 86400

struct cors {
    struct mocket_cors_opts opts;
    const char *max_age; /* NULL: not sent */
    bool any_origin;
};

/* ---- A request ---- */

static bool allowed(mocket_event *e, const struct cors *cors, const char *origin)
{
    for (const char *const *at = cors->opts.origins; at && *at; at++)
        if (mocket_same_origin(*at, origin))
            return true;
    return cors->opts.allow && cors->opts.allow(e, origin, cors->opts.data);
}

/* Sets Access-Control-Allow-Origin and the headers that belong to it. Returns whether the origin is allowed. */
static bool set_origin(mocket_event *e, const struct cors *cors, const char *origin)
{
    if (cors->any_origin) {
        mocket_header_set(e, "Access-Control-Allow-Origin", "*");
        return true;
    }
    mocket_vary(e, "Origin");
    if (!origin || !allowed(e, cors, origin))
        return false;
    mocket_header_set(e, "Access-Control-Allow-Origin", origin);
    if (cors->opts.credentials)
        mocket_header_set(e, "Access-Control-Allow-Credentials", "true");
    return true;
}

/* One of the preflight's lists: the app's own, else any, which with credentials is what is asked for. */
static void set_list(mocket_event *e, const struct cors *cors, const char *own, const char *const names[2])
{
    const char *list = own ? own : "*";
    if (!own && cors->opts.credentials) {
        mocket_vary(e, names[1]);
        list = mocket_header(e, names[1]);
    }
    if (list && list[0])
        mocket_header_set(e, names[0], list);
}

static int preflight(mocket_event *e, const struct cors *cors, const char *origin)
{
    static const char *const methods[] = { "Access-Control-Allow-Methods", "Access-Control-Request-Method" };
    static const char *const headers[] = { "Access-Control-Allow-Headers", "Access-Control-Request-Headers" };
    if (set_origin(e, cors, origin)) {
        set_list(e, cors, cors->opts.methods, methods);
        set_list(e, cors, cors->opts.headers, headers);
        if (cors->max_age)
            mocket_header_set(e, "Access-Control-Max-Age", cors->max_age);
    }
    return mocket_empty(e, cors->opts.preflight_204 ? 204 : 200);
}

static int cors_handler(mocket_event *e)
{
    const struct cors *cors = mocket_data(e);
    const char *origin = mocket_header(e, "Origin");
    bool asks = origin && mocket_header(e, "Access-Control-Request-Method");
    if (asks && strcmp(mocket_method(e), "OPTIONS") == 0)
        return preflight(e, cors, origin);
    bool ok = set_origin(e, cors, origin);
    const char *expose = cors->opts.expose ? cors->opts.expose : cors->opts.credentials ? "" : "*";
    if (ok && expose[0])
        mocket_header_set(e, "Access-Control-Expose-Headers", expose);
    int rc = mocket_next(e);
    if (!cors->any_origin && !mocket_response_committed(e))
        mocket_vary(e, "Origin"); /* a handler may have set Vary anew */
    return rc;
}

/* ---- Set-up ---- */

static bool is_any(const char *const *origins)
{
    for (; origins && *origins; origins++)
        if (strcmp(*origins, "*") == 0)
            return true;
    return false;
}

/* scheme://host[:port], as browsers send it, or the "null" of pages without an origin. */
static bool is_origin(const char *text)
{
    const char *host = strstr(text, "://");
    if (strcmp(text, "*") == 0 || strcmp(text, "null") == 0)
        return true;
    return host && host > text && host[3] && !strpbrk(host + 3, "/?# ,");
}

static bool is_sendable(const char *text)
{
    return !text || mocket_is_header_value(text);
}

static const char *problem_of(const struct cors *cors)
{
    const struct mocket_cors_opts *o = &cors->opts;
    for (const char *const *at = o->origins; at && *at; at++)
        if (!is_origin(*at))
            return "mocket_cors: an origin must be scheme://host or scheme://host:port, without a path";
    if (o->credentials && cors->any_origin)
        return "mocket_cors: credentials for any origin would let every page act for its visitors; list the origins";
    if (o->credentials && ((o->methods && strchr(o->methods, '*')) || (o->headers && strchr(o->headers, '*')) ||
                           (o->expose && strchr(o->expose, '*'))))
        return "mocket_cors: * does not work with credentials; list methods, headers and expose";
    if (!is_sendable(o->methods) || !is_sendable(o->headers) || !is_sendable(o->expose))
        return "mocket_cors: a list contains a control byte";
    return o->max_age_s < -1 ? "mocket_cors: max_age_s is below -1" : NULL;
}

static const char *const *copy_list(mocket_app *app, const char *const *list)
{
    size_t count = 0;
    while (list && list[count])
        count++;
    const char **copy = list ? mocket_app_mem(app, (count + 1) * sizeof *copy) : NULL;
    for (size_t i = 0; copy && i < count; i++)
        copy[i] = mocket_app_text(app, list[i]);
    return copy;
}

/* Digits of a number that is not negative. */
static const char *decimal(mocket_app *app, int64_t n)
{
    char digits[24], *at = digits + sizeof digits - 1;
    *at = '\0';
    do
        *--at = (char)('0' + n % 10);
    while ((n /= 10) > 0);
    return mocket_app_text(app, at);
}

static void copy_texts(mocket_app *app, struct cors *cors)
{
    struct mocket_cors_opts *o = &cors->opts;
    o->origins = copy_list(app, o->origins);
    o->methods = mocket_app_text(app, o->methods);
    o->headers = mocket_app_text(app, o->headers);
    o->expose = mocket_app_text(app, o->expose);
    if (o->max_age_s >= 0)
        cors->max_age = decimal(app, o->max_age_s ? o->max_age_s : MAX_AGE_S);
}

void mocket_cors(mocket_app *app, const char *scope, const struct mocket_cors_opts *opts)
{
    struct cors *cors = mocket_app_mem(app, sizeof *cors);
    if (!cors)
        return;
    mocket_opts_read(&cors->opts, sizeof cors->opts, opts);
    cors->any_origin = cors->opts.origins ? is_any(cors->opts.origins) : !cors->opts.allow;
    const char *problem = problem_of(cors);
    if (problem) {
        mocket_mistake(app, problem);
        return;
    }
    copy_texts(app, cors);
    mocket_use(app, scope, cors_handler, cors);
}
