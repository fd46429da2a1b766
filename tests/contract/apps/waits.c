/* Handlers that wait, and tell the log how it ended: "NAME: what: how", NAME by the query's `as`. */
#include <mocket.h>

#include <stdlib.h>

#define SPAN(text) ((mocket_span){ "" text, sizeof(text) - 1 })

struct note {
    mocket_event *event;
    const char *name;
};

static void tell(mocket_event *e, const char *what, int code)
{
    mocket_log(e, MOCKET_LOG_WARN, "%s: %s: %s", mocket_query(e, "as"), what, code < 0 ? mocket_strerror(code) : "ok");
}

static void clean_up(void *ptr)
{
    struct note *n = ptr;
    mocket_log(n->event, MOCKET_LOG_WARN, "%s: cleaned up", n->name);
}

/* What is deferred runs, whatever happens. */
static void watch(mocket_event *e)
{
    struct note *n = mocket_mem(e, sizeof *n);
    if (!n)
        return;
    *n = (struct note){ e, mocket_query(e, "as") };
    mocket_defer(e, clean_up, n);
}

static uint32_t number(mocket_event *e, const char *name)
{
    return (uint32_t)strtoul(mocket_param(e, name), NULL, 10);
}

static int quick(mocket_event *e)
{
    return mocket_text(e, "quick");
}

static int sleep_for(mocket_event *e)
{
    uint32_t ms = number(e, "ms");
    int rc = mocket_sleep(e, ms);
    return rc < 0 ? rc : mocket_textf(e, "slept %u", (unsigned)ms);
}

static int watched(mocket_event *e)
{
    watch(e);
    int rc = mocket_sleep(e, number(e, "ms"));
    tell(e, "sleep", rc);
    if (rc < 0)
        tell(e, "sleep again", mocket_sleep(e, 60000));
    return rc < 0 ? rc : mocket_text(e, "awake");
}

/* Reads a field only after its client may have left. */
static int field_later(mocket_event *e)
{
    int rc = mocket_sleep(e, number(e, "ms"));
    const char *kept = mocket_header(e, "x-kept");
    mocket_log(e, MOCKET_LOG_WARN, "%s: field: %s", mocket_query(e, "as"), kept ? kept : "none");
    return rc < 0 ? rc : mocket_text(e, "awake");
}

static int count_body(mocket_event *e)
{
    mocket_source *s = mocket_body_source(e);
    char piece[4096];
    long sum = 0;
    ptrdiff_t n;
    watch(e);
    while ((n = mocket_read(s, piece, sizeof piece)) > 0)
        sum += n;
    tell(e, "read", (int)n);
    return n < 0 ? (int)n : mocket_textf(e, "%ld", sum);
}

static int write_on(mocket_event *e)
{
    static const char piece[65536];
    int rc = 0;
    watch(e);
    while (rc == 0)
        rc = mocket_write(e, (mocket_span){ piece, sizeof piece });
    tell(e, "write", rc);
    return rc;
}

/* A piece, then silence, n times. */
static int ticks(mocket_event *e)
{
    uint32_t count = number(e, "n"), ms = number(e, "ms");
    int rc = 0;
    watch(e);
    for (uint32_t i = 0; i < count && rc == 0; i++) {
        rc = mocket_write(e, SPAN("tick "));
        if (rc == 0)
            rc = mocket_sleep(e, ms);
    }
    tell(e, "ticks", rc);
    return rc;
}

static int spin(mocket_event *e)
{
    for (volatile int on = 1; on;)
        ;
    return mocket_text(e, "never");
}

/* Works for so long, and lets nobody else have the processor meanwhile. */
static int busy(mocket_event *e)
{
    uint64_t until = mocket_now_ns(e) + strtoul(mocket_param(e, "ms"), NULL, 10) * 1000000;
    while (mocket_now_ns(e) < until)
        ;
    return mocket_textf(e, "busy %s", mocket_param(e, "ms"));
}

int main(void)
{
    mocket_app *app = mocket_new();
    mocket_set(app, MOCKET_BODY_TIMEOUT, 500);
    mocket_set(app, MOCKET_WRITE_TIMEOUT, 500);
    mocket_set(app, MOCKET_STOP_GRACE, 2000);
    mocket_get(app, "/quick", quick);
    mocket_get(app, "/sleep/:ms", sleep_for);
    mocket_get(app, "/watched/:ms", watched);
    mocket_get(app, "/field-later/:ms", field_later);
    mocket_post(app, "/count", count_body);
    mocket_get(app, "/write", write_on);
    mocket_get(app, "/ticks/:n/:ms", ticks);
    mocket_get(app, "/spin", spin);
    mocket_get(app, "/busy/:ms", busy);
    return mocket_listen(app, ":4000");
}
