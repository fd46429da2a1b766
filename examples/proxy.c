/* A reverse proxy: each request goes to UPSTREAM (http://127.0.0.1:4001), its answer comes back. Bodies flow through,
 * both ways at the speed of the slower side, whatever their size.
 *
 * What belongs to one connection stays with it (RFC 9110, section 7.6.1). An upstream that cannot be reached is 502,
 * one that does not answer in time 504. */
#include <mocket.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define TIMEOUT_MS 10000 /* until the head of the answer; UPSTREAM_TIMEOUT_MS replaces it */
#define FIRST_MAX ((size_t)4096)

static const char *const connection_fields[] = { "connection", "keep-alive",        "proxy-connection", "te",
                                                 "trailer",    "transfer-encoding", "upgrade",          "expect",
                                                 "host",       "content-length" };

/* Is name among the comma-separated names of list? */
static bool names(const char *list, mocket_span name)
{
    while (list && *list) {
        list += strspn(list, ", \t");
        size_t len = strcspn(list, ", \t");
        if (len > 0 && len == name.len && strncasecmp(list, name.ptr, len) == 0)
            return true;
        list += len;
    }
    return false;
}

/* connection: the value of that header, which may name others. */
static bool stays_here(mocket_span name, const char *connection)
{
    for (size_t i = 0; i < sizeof connection_fields / sizeof *connection_fields; i++)
        if (strlen(connection_fields[i]) == name.len && strncasecmp(connection_fields[i], name.ptr, name.len) == 0)
            return true;
    return names(connection, name);
}

/* ---- The request's body, of which the first bytes were read to see whether there is one ---- */

struct body {
    mocket_source *rest;
    size_t at, len;
    char first[FIRST_MAX];
};

static ptrdiff_t read_body(void *data, void *buf, size_t cap)
{
    struct body *b = data;
    size_t n = b->len - b->at < cap ? b->len - b->at : cap;
    if (n == 0)
        return mocket_read(b->rest, buf, cap);
    memcpy(buf, b->first + b->at, n);
    b->at += n;
    return (ptrdiff_t)n;
}

/* 0; opts has a source then if there is a body. */
static int take_body(mocket_event *e, struct mocket_fetch_opts *opts)
{
    struct body *b = mocket_mem(e, sizeof *b);
    if (!b)
        return MOCKET_ENOMEM;
    b->rest = mocket_body_source(e);
    ptrdiff_t n = mocket_read(b->rest, b->first, FIRST_MAX);
    if (n <= 0)
        return (int)n;
    b->len = (size_t)n;
    const char *length = mocket_header(e, "Content-Length");
    opts->source_len = length ? strtoll(length, NULL, 10) : 0;
    opts->source = mocket_source_new(e, read_body, NULL, b);
    return opts->source ? 0 : MOCKET_ENOMEM;
}

/* ---- There and back ---- */

static const char *const *request_lines(mocket_event *e)
{
    const mocket_fields *fields = mocket_fields_of(e, MOCKET_HEADERS);
    const char *connection = mocket_header(e, "Connection");
    size_t count = mocket_fields_count(fields), used = 0;
    const char **lines = mocket_mem(e, (count + 4) * sizeof *lines);
    for (size_t i = 0; lines && i < count; i++) {
        mocket_span name, value;
        mocket_fields_at(fields, i, &name, &value);
        if (!stays_here(name, connection))
            lines[used++] = mocket_format(e, "%s: %s", name.ptr, value.ptr);
    }
    if (lines) {
        lines[used++] = mocket_format(e, "X-Forwarded-For: %s", mocket_peer(e));
        lines[used++] = mocket_format(e, "X-Forwarded-Host: %s", mocket_authority(e));
        lines[used++] = "Via: 1.1 mocket";
    }
    return lines;
}

static int answer(mocket_event *e, mocket_reply *reply)
{
    const mocket_fields *fields = mocket_reply_headers(reply);
    const char *connection = mocket_reply_header(reply, "Connection");
    const char *length = mocket_reply_header(reply, "Content-Length");
    int status = mocket_reply_status(reply);
    mocket_status(e, status < 600 ? status : 502); /* a class that HTTP does not have counts as 5xx */
    for (size_t i = 0; i < mocket_fields_count(fields); i++) {
        mocket_span name, value;
        mocket_fields_at(fields, i, &name, &value);
        if (!stays_here(name, connection))
            mocket_header_add(e, name.ptr, value.ptr);
    }
    mocket_source *body = mocket_reply_source(reply);
    return length ? mocket_stream_len(e, body, strtoll(length, NULL, 10)) : mocket_stream(e, body);
}

static int failed(mocket_event *e, int rc)
{
    if (rc == MOCKET_ECLOSED)
        return rc; /* nobody is there to be told */
    mocket_log(e, MOCKET_LOG_WARN, "upstream: %s", mocket_strerror(rc));
    return mocket_error(e, rc == MOCKET_ETIMEDOUT ? 504 : 502, "upstream: %s", mocket_strerror(rc));
}

static int forward(mocket_event *e)
{
    const char *upstream = getenv("UPSTREAM"), *timeout = getenv("UPSTREAM_TIMEOUT_MS");
    const char *query = mocket_query_string(e);
    struct mocket_fetch_opts opts = { .headers = request_lines(e), .no_follow = true, .timeout_ms = TIMEOUT_MS };
    mocket_reply *reply;
    const char *url = mocket_format(e, "%s%s%s%s", upstream ? upstream : "http://127.0.0.1:4001", mocket_path(e),
                                    *query ? "?" : "", query);
    if (timeout)
        opts.timeout_ms = (uint32_t)strtoul(timeout, NULL, 10);
    int rc = opts.headers ? take_body(e, &opts) : MOCKET_ENOMEM;
    if (rc != 0)
        return rc;
    rc = mocket_fetch(e, mocket_method(e), url, &opts, &reply);
    return rc < 0 ? failed(e, rc) : answer(e, reply);
}

int main(void)
{
    mocket_app *app = mocket_new();
    mocket_set(app, MOCKET_MAX_BODY, MOCKET_UNLIMITED);
    mocket_all(app, "/**", forward);
    return mocket_listen(app, ":4000");
}
