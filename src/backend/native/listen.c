/* mocket_listen natively. The environment has the last word, so that whoever runs a program need not change it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../base/span.h"
#include "../../core/app.h"
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

int mocket_listen(mocket_app *app, const char *address)
{
    const char *wish = getenv("MOCKET_LISTEN");
    struct mocket_native_opts opts = { .address_count = 1, .on_ready = say_ready, .signals = true };
    if (mocket__native_standard() < 0)
        return MOCKET_EIO; /* there is nowhere to say it */
    if (wish && *wish != '\0')
        address = wish;
    if (!app || !address)
        return complain(MOCKET_EINVAL, "mocket_listen needs an app and an address");
    opts.addresses = &address;
    opts.workers = wanted_workers();
    return opts.workers < 0 ? opts.workers : mocket__native_serve(app, &opts);
}
