/* An app for the scripts beside: settings by the environment, and a handler for each way to be slow. */
#include <mocket.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const struct {
    const char *name;
    enum mocket_setting what;
} settings[] = {
    { "MAX_CONNECTIONS", MOCKET_MAX_CONNECTIONS }, { "MAX_PER_ADDRESS", MOCKET_MAX_PER_ADDRESS },
    { "HEAD_TIMEOUT", MOCKET_HEAD_TIMEOUT },       { "BODY_TIMEOUT", MOCKET_BODY_TIMEOUT },
    { "WRITE_TIMEOUT", MOCKET_WRITE_TIMEOUT },     { "IDLE_TIMEOUT", MOCKET_IDLE_TIMEOUT },
    { "STOP_GRACE", MOCKET_STOP_GRACE },           { "MAX_BODY", MOCKET_MAX_BODY },
    { "BODY_TOTAL", MOCKET_BODY_TOTAL },           { "LINGER_TIMEOUT", MOCKET_LINGER_TIMEOUT },
    { "LINGER_TOTAL", MOCKET_LINGER_TOTAL },       { "HANDSHAKE_TIMEOUT", MOCKET_HANDSHAKE_TIMEOUT },
};

static int hello(mocket_event *e)
{
    return mocket_text(e, "hello");
}

static int who(mocket_event *e)
{
    return mocket_textf(e, "%s %s", mocket_peer(e), mocket_scheme(e));
}

/* For a script that waits until a handler does. */
static void begins(mocket_event *e)
{
    mocket_log(e, MOCKET_LOG_INFO, "%s: begins", mocket_path(e));
}

/* The certificate of a client. ms: it is written to the log so much later, whether the client is there or not. */
static int certificate(mocket_event *e)
{
    const char *ms = mocket_query(e, "ms");
    if (ms) {
        begins(e);
        mocket_sleep(e, (uint32_t)atoi(ms));
    }
    const char *text = mocket_header(e, "client-cert"), *chain = mocket_header(e, "client-cert-chain");
    if (ms)
        mocket_log(e, MOCKET_LOG_INFO, "client-cert: %s.", text ? text : "none");
    return mocket_textf(e, "%s%s", text ? text : "none", chain ? chain : "");
}

static int echo(mocket_event *e)
{
    mocket_span body;
    if (mocket_header(e, "X-Tell"))
        begins(e);
    int rc = mocket_body(e, &body);
    return rc ? rc : mocket_bytes(e, body, "application/octet-stream");
}

static int nap(mocket_event *e)
{
    const char *ms = mocket_query(e, "ms");
    begins(e);
    int rc = mocket_sleep(e, ms ? (uint32_t)atoi(ms) : 100);
    if (rc)
        mocket_log(e, MOCKET_LOG_INFO, "nap: %d", rc);
    return rc ? rc : mocket_text(e, "awake");
}

/* Blocks its worker for ever, as a handler does that writes to a pipe which nobody reads. */
static int block(mocket_event *e)
{
    begins(e);
    for (;;)
        pause();
    return 0;
}

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

/* Works a little and sleeps a little, until the client leaves. */
static int naps(mocket_event *e)
{
    const char *ms = mocket_query(e, "ms");
    int rc;
    begins(e);
    do {
        int64_t until_us = now_us() + 30;
        while (now_us() < until_us)
            ;
        rc = mocket_sleep(e, ms ? (uint32_t)atoi(ms) : 0);
    } while (rc == 0);
    return rc;
}

/* How long a sleep really is, at the least. */
static int shortest_nap(mocket_event *e)
{
    int64_t least_us = INT64_MAX;
    for (int i = 0; i < 50; i++) {
        int64_t began_us = now_us();
        int rc = mocket_sleep(e, 2);
        if (rc)
            return rc;
        int64_t us = now_us() - began_us;
        least_us = us < least_us ? us : least_us;
    }
    return mocket_textf(e, "%lld", (long long)least_us);
}

/* Without an end, as fast as the client reads. */
static int flood(mocket_event *e)
{
    static const char piece[32768];
    int rc;
    while ((rc = mocket_write(e, (mocket_span){ piece, sizeof(piece) })) == 0)
        ;
    return rc;
}

/* So many bytes in one piece. */
static int large(mocket_event *e)
{
    const char *len = mocket_query(e, "len");
    mocket_span body = { NULL, len ? (size_t)atol(len) : 0 };
    body.ptr = mocket_mem(e, body.len + 1);
    return body.ptr ? mocket_bytes(e, body, "application/octet-stream") : MOCKET_ENOMEM;
}

/* Each worker counts what it answered: are there several? */
static void *count_new(void *data)
{
    (void)data;
    return calloc(1, sizeof(long));
}

static int count(mocket_event *e)
{
    long *answered = mocket_worker(e);
    return mocket_textf(e, "%p %ld", mocket_worker(e), ++*answered);
}

/* list: certificate:key,certificate:key */
static void add_certificates(mocket_app *app, char *list)
{
    for (char *rest, *pair = strtok_r(list, ",", &rest); pair; pair = strtok_r(NULL, ",", &rest)) {
        char *colon = strchr(pair, ':');
        *colon = '\0';
        mocket_tls_certificate(app, pair, colon + 1);
    }
}

int main(void)
{
    mocket_app *app = mocket_new();
    if (getenv("CERTIFICATES"))
        add_certificates(app, getenv("CERTIFICATES"));
    if (getenv("CLIENT_CA"))
        mocket_tls_client_ca(app, getenv("CLIENT_CA"));
    for (size_t i = 0; i < sizeof(settings) / sizeof(*settings); i++)
        if (getenv(settings[i].name))
            mocket_set(app, settings[i].what, atoll(getenv(settings[i].name)));
    if (getenv("TRUST"))
        mocket_trust_proxy(app, getenv("TRUST"));
    mocket_on_worker(app, count_new, free, NULL);
    mocket_get(app, "/", hello);
    mocket_get(app, "/who", who);
    mocket_get(app, "/certificate", certificate);
    mocket_post(app, "/echo", echo);
    mocket_get(app, "/nap", nap);
    mocket_get(app, "/block", block);
    mocket_post(app, "/nap", nap);
    mocket_get(app, "/naps", naps);
    mocket_get(app, "/shortest-nap", shortest_nap);
    mocket_get(app, "/flood", flood);
    mocket_get(app, "/large", large);
    mocket_get(app, "/count", count);
    int rc = mocket_listen(app, ":4000");
    mocket_free(app);
    return rc;
}
