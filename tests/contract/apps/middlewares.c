/* The middlewares that have no file of cases of their own, each under a path, and the calls that middlewares are
 * made of. */
#include <mocket.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LONG_LEN 5000

static int text(mocket_event *e)
{
    return mocket_text(e, "hello");
}

static int repeat(mocket_event *e, const char *type)
{
    char *bytes = mocket_mem(e, LONG_LEN);
    if (!bytes)
        return MOCKET_ENOMEM;
    memset(bytes, 'a', LONG_LEN);
    return mocket_bytes(e, (mocket_span){ bytes, LONG_LEN }, type);
}

static int long_text(mocket_event *e)
{
    const char *tag = mocket_query(e, "etag"), *cache = mocket_query(e, "cache"), *type = mocket_query(e, "type");
    if (tag)
        mocket_header_set(e, "ETag", tag);
    if (cache)
        mocket_header_set(e, "Cache-Control", cache);
    if (mocket_query(e, "encoded"))
        mocket_header_set(e, "Content-Encoding", "x-mine");
    if (mocket_query(e, "part"))
        mocket_status(e, 206);
    if (mocket_query(e, "part") && mocket_query(e, "part")[0] == 'b')
        mocket_header_set(e, "Content-Range", mocket_query(e, "part"));
    return repeat(e, type ? type : "text/plain; charset=utf-8");
}

static int tagged(mocket_event *e)
{
    mocket_header_set(e, "ETag", "\"mine\"");
    return mocket_text(e, "hello");
}

static int fail(mocket_event *e)
{
    return mocket_error(e, 503, "not today");
}

static int who(mocket_event *e)
{
    const char *user = mocket_auth_user(e), *id = mocket_request_id(e);
    return mocket_textf(e, "user=%s id=%s", user ? user : "none", id ? id : "none");
}

static int read_body(mocket_event *e)
{
    mocket_span body;
    int rc = mocket_body(e, &body);
    return rc ? rc : mocket_textf(e, "%zu bytes", body.len);
}

static int canonical(mocket_event *e)
{
    const char *path = mocket_path_canonical(e);
    return mocket_text(e, path ? path : "none");
}

static int random_bytes(mocket_event *e)
{
    unsigned char bytes[1000], all = 0;
    int rc = mocket_random(e, bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++)
        all |= bytes[i];
    return rc < 0 ? rc : mocket_text(e, all == 0xFF ? "random" : "not random"); /* a thousand bytes without some bit? */
}

/* ---- Streams ---- */

struct count {
    size_t left;
};

static ptrdiff_t read_count(void *data, void *buf, size_t cap)
{
    struct count *count = data;
    size_t n = count->left < cap ? count->left : cap;
    memset(buf, 'a', n);
    count->left -= n;
    return (ptrdiff_t)n;
}

static void tell_closed(void *data)
{
    (void)data;
    fputs("the source was closed\n", stderr);
}

static mocket_source *source_of(mocket_event *e, size_t len)
{
    struct count *count = mocket_mem(e, sizeof *count);
    if (count)
        count->left = len;
    return count ? mocket_source_new(e, read_count, tell_closed, count) : NULL;
}

/* A stream of :has bytes that is announced to have :says. */
static int known_len(mocket_event *e)
{
    mocket_header_set(e, "Content-Type", "text/plain");
    mocket_source *source = source_of(e, strtoul(mocket_param(e, "has"), NULL, 10));
    return mocket_stream_len(e, source, strtol(mocket_param(e, "says"), NULL, 10));
}

static int unknown_len(mocket_event *e)
{
    mocket_header_set(e, "Content-Type", "text/plain");
    return mocket_stream(e, source_of(e, strtoul(mocket_param(e, "has"), NULL, 10)));
}

static int unused(mocket_event *e)
{
    return source_of(e, 1) ? mocket_text(e, "unused") : MOCKET_ENOMEM;
}

/* ---- Set-up ---- */

static bool is_even(mocket_event *e, const char *token, void *data)
{
    (void)e, (void)data;
    return strlen(token) % 2 == 0;
}

static bool is_own_name(mocket_event *e, const char *user, const char *password, void *data)
{
    (void)e, (void)data;
    return strcmp(user, password) == 0;
}

static void use_auth(mocket_app *app)
{
    static const struct mocket_user users[] = { { "ann", "s3cret" }, { "b\303\266b", "p:w" }, { NULL, NULL } };
    static const char *const tokens[] = { "token-1", "abc==", NULL };
    mocket_basic_auth(app, "/basic", &(struct mocket_basic_auth_opts){ .users = users });
    mocket_basic_auth(app, "/basic-verify", &(struct mocket_basic_auth_opts){ .verify = is_own_name, .realm = "Club" });
    mocket_bearer_auth(app, "/bearer", &(struct mocket_bearer_auth_opts){ .tokens = tokens });
    mocket_bearer_auth(app, "/bearer-verify", &(struct mocket_bearer_auth_opts){ .verify = is_even, .realm = "api" });
}

static void use_others(mocket_app *app)
{
    mocket_secure_headers(app, "/secure", NULL);
    mocket_secure_headers(app, "/secure-own",
                          &(struct mocket_secure_headers_opts){ .content_security_policy = "default-src 'self'",
                                                                .frame_options = "DENY",
                                                                .xss_protection = "" });
    mocket_body_limit(app, "/limit", &(struct mocket_body_limit_opts){ .max_bytes = 10 });
    mocket_body_limit(app, "/limit/less", &(struct mocket_body_limit_opts){ .max_bytes = 5 });
    mocket_body_limit(app, "/limit/more", &(struct mocket_body_limit_opts){ .max_bytes = 20 });
    mocket_body_limit(app, "/limit-none", &(struct mocket_body_limit_opts){ .none = true });
    mocket_body_limit(app, "/limit-usual", NULL);
    mocket_compress(app, "/gzip", NULL);
    mocket_compress(
        app, "/gzip-own",
        &(struct mocket_compress_opts){ .level = 9, .min_bytes = 1, .types = (const char *[]){ "text/css", NULL } });
    mocket_compress(app, "/both", NULL);
    mocket_etag(app, "/both", NULL);
    mocket_etag(app, "/etag", NULL);
    mocket_etag(app, "/etag-weak", &(struct mocket_etag_opts){ .weak = true });
}

static int condition(mocket_event *e)
{
    int rc = mocket_precondition(e, "\"x\"", -1);
    return rc == 304 ? mocket_empty(e, rc) : rc ? rc : mocket_text(e, "went on");
}

/* The type is not known yet. */
static int early_condition(mocket_event *e)
{
    mocket_header_set(e, "ETag", "\"x\"");
    int rc = mocket_precondition(e, "\"x\"", -1);
    return rc == 304 ? mocket_empty(e, rc) : rc ? rc : long_text(e);
}

int main(void)
{
    mocket_app *app = mocket_new();
    mocket_logger(app, "/log", NULL);
    mocket_logger(app, "/log-all", &(struct mocket_logger_opts){ .peer = true, .query = true, .user_agent = true });
    mocket_request_ids(app, "/id", NULL);
    mocket_request_ids(app, "/log-all", NULL);
    mocket_request_ids(app, "/id-own", &(struct mocket_request_ids_opts){ .header = "X-Trace", .ignore_client = true });
    use_auth(app);
    use_others(app);
    mocket_get(app, "/etag/own", tagged);
    mocket_all(app, "/condition", condition);
    mocket_get(app, "/etag/stream/:has/:says", known_len);
    mocket_get(app, "/both/condition", early_condition);
    mocket_get(app, "/both/short", text);
    mocket_get(app, "/both/stream/:has/:says", known_len);
    mocket_get(app, "/both", long_text);
    mocket_get(app, "/gzip/short", text);
    mocket_get(app, "/gzip/stream/:has", unknown_len);
    mocket_get(app, "/gzip/stream/:has/:says", known_len);
    mocket_get(app, "/gzip", long_text);
    mocket_get(app, "/gzip-own", long_text);
    mocket_get(app, "/stream/:has/:says", known_len);
    mocket_get(app, "/unused", unused);
    mocket_get(app, "/random", random_bytes);
    mocket_get(app, "/canonical/**", canonical);
    mocket_get(app, "/*/fail", fail);
    mocket_get(app, "/*/who", who);
    mocket_post(app, "/limit/**", read_body);
    mocket_post(app, "/*", read_body);
    mocket_get(app, "/*", text);
    return mocket_listen(app, ":4000");
}
