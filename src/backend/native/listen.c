/* mocket_listen natively. The environment has the last word, so that whoever runs a program need not change it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../base/span.h"
#include "../../core/trace.h"
#include "log.h"
#include "native.h"

#define WORKERS_MAX 1024

static void say_ready(void *data, const char *url)
{
    char text[1100];
    (void)data;
    int len = snprintf(text, sizeof text, "listening on %s", url);
    mocket__log_stderr(MOCKET_LOG_INFO, (mocket_span){ text, (size_t)len });
}

static int complain(int code, const char *text)
{
    mocket__log_stderr(MOCKET_LOG_ERROR, mocket__span(text));
    return code;
}

/* Of MOCKET_WORKERS, else 0: the app's setting. Below zero: it is no number. */
static int wanted_workers(void)
{
    const char *text = getenv("MOCKET_WORKERS");
    if (!text || *text == '\0')
        return 0;
    int64_t n = mocket__span_decimal(mocket__span(text), WORKERS_MAX);
    return n >= 1 ? (int)n : complain(MOCKET_EINVAL, "MOCKET_WORKERS must be a number from 1 to 1024");
}

/* NULL: not set, or empty. */
static const char *variable(const char *name)
{
    const char *text = getenv(name);
    return text && *text ? text : NULL;
}

/* The variables name one certificate, in the place of all that the app has named. An app that has named some may be
 * served without TLS. */
static int read_tls(struct mocket_native_opts *opts, const mocket_app *app, struct mocket_certificate *own)
{
    const struct mocket_root *root = mocket__native_is_secure(opts->addresses[0]) ? app->root : NULL;
    const char *least = variable("MOCKET_TLS_MIN");
    *own = (struct mocket_certificate){ variable("MOCKET_TLS_CERT"), variable("MOCKET_TLS_KEY"), NULL };
    if (!own->certificate != !own->key)
        return complain(MOCKET_EINVAL, "MOCKET_TLS_CERT and MOCKET_TLS_KEY belong together: one of them is not set");
    if (least && strcmp(least, "1.2") != 0 && strcmp(least, "1.3") != 0)
        return complain(MOCKET_EINVAL, "MOCKET_TLS_MIN must be 1.2 or 1.3");
    opts->tls.certificates = own->certificate ? own : root ? root->certificates : NULL;
    opts->tls.client_ca = variable("MOCKET_TLS_CLIENT_CA");
    if (!opts->tls.client_ca && root)
        opts->tls.client_ca = root->client_ca;
    opts->tls.ciphers = variable("MOCKET_TLS_CIPHERS");
    opts->tls.least_version = !least ? 0 : strcmp(least, "1.3") == 0 ? 13 : 12;
    opts->redirect = variable("MOCKET_REDIRECT_HTTP");
    opts->acme_challenge = variable("MOCKET_ACME_CHALLENGE");
    return 0;
}

/* MOCKET_LOG=debug adds a line about each request. */
static int read_log(mocket_app *app)
{
    const char *level = variable("MOCKET_LOG");
    bool debug = level && strcmp(level, "debug") == 0;
    if (level && !debug && strcmp(level, "info") != 0)
        return complain(MOCKET_EINVAL, "MOCKET_LOG must be info or debug");
    app->root->trace = debug ? mocket__trace : NULL;
    return 0;
}

/* What main returns is the exit code of the program. */
static int exit_code(int rc)
{
    return rc == 0 ? 0 : rc == MOCKET_EINVAL ? 2 : 1;
}

static int serve(mocket_app *app, const char *address)
{
    struct mocket_certificate own;
    const char *wish = variable("MOCKET_LISTEN");
    struct mocket_native_opts opts = { .address_count = 1, .on_ready = say_ready, .signals = true };
    if (mocket__native_standard() < 0)
        return MOCKET_EIO; /* there is nowhere to say it */
    if (wish)
        address = wish;
    if (!app || !address)
        return complain(MOCKET_EINVAL, "mocket_listen needs an app and an address");
    opts.addresses = &address;
    if (read_tls(&opts, app, &own) < 0 || read_log(app) < 0)
        return MOCKET_EINVAL;
    opts.workers = wanted_workers();
    return opts.workers < 0 ? opts.workers : mocket__native_serve(app, &opts);
}

int mocket_listen(mocket_app *app, const char *address)
{
    return exit_code(serve(app, address));
}
