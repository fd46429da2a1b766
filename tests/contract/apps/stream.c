/* Streamed answers: mocket_write and mocket_stream. */
#include <mocket.h>

#define SPAN(text) ((mocket_span){ "" text, sizeof(text) - 1 })

static int two(mocket_event *e)
{
    mocket_header_set(e, "Content-Type", "text/plain");
    int rc = mocket_write(e, SPAN("one,"));
    return rc < 0 ? rc : mocket_write(e, SPAN("two"));
}

static int nothing(mocket_event *e)
{
    return mocket_write(e, SPAN(""));
}

static int with_length(mocket_event *e)
{
    mocket_header_set(e, "Content-Length", "5");
    int rc = mocket_write(e, SPAN("he"));
    return rc < 0 ? rc : mocket_write(e, SPAN("llo"));
}

/* More and less than was announced. */
static int wrong_length(mocket_event *e)
{
    mocket_span rest = mocket_path(e)[8] == 'o' ? SPAN("llo more") : SPAN("ll");
    mocket_header_set(e, "Content-Length", "5");
    int rc = mocket_write(e, SPAN("he"));
    return rc < 0 ? rc : mocket_write(e, rest);
}

/* The head is out: what is set afterwards is refused, and does not harm what follows. */
static int late_header(mocket_event *e)
{
    mocket_header_set(e, "X-Early", "yes");
    int rc = mocket_write(e, SPAN("a"));
    if (rc < 0)
        return rc;
    mocket_header_set(e, "X-Late", "yes");
    return mocket_write(e, SPAN("b"));
}

static int late_text(mocket_event *e)
{
    int rc = mocket_write(e, SPAN("a"));
    if (rc < 0)
        return rc;
    return mocket_write(e, mocket_text(e, "late") == MOCKET_ESTATE ? SPAN(" ESTATE") : SPAN(" accepted"));
}

static int fail_after(mocket_event *e)
{
    int rc = mocket_write(e, SPAN("begun"));
    return rc < 0 ? rc : 500;
}

static int status_first(mocket_event *e)
{
    mocket_status(e, 201);
    return mocket_write(e, SPAN("made"));
}

/* The request's own body, as it comes. */
static int pipe_body(mocket_event *e)
{
    return mocket_stream(e, mocket_body_source(e));
}

static int echo_writes(mocket_event *e)
{
    mocket_source *s = mocket_body_source(e);
    char piece[4096];
    ptrdiff_t n;
    while ((n = mocket_read(s, piece, sizeof piece)) > 0) {
        int rc = mocket_write(e, (mocket_span){ piece, (size_t)n });
        if (rc < 0)
            return rc;
    }
    return (int)n;
}

static int many(mocket_event *e)
{
    int rc = 0;
    for (int i = 0; i < 1000 && rc == 0; i++)
        rc = mocket_write(e, SPAN("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde\n"));
    return rc;
}

static int after(mocket_event *e)
{
    int rc = mocket_next(e);
    mocket_header_set(e, "X-After", "yes");
    return rc;
}

int main(void)
{
    mocket_app *app = mocket_new();
    mocket_use(app, "/after", after, NULL);
    mocket_get(app, "/two", two);
    mocket_get(app, "/nothing", nothing);
    mocket_get(app, "/length", with_length);
    mocket_get(app, "/length/:how", wrong_length);
    mocket_get(app, "/late-header", late_header);
    mocket_get(app, "/late-text", late_text);
    mocket_get(app, "/fail", fail_after);
    mocket_get(app, "/status", status_first);
    mocket_get(app, "/many", many);
    mocket_get(app, "/after/two", two);
    mocket_post(app, "/after/pipe", pipe_body);
    mocket_post(app, "/pipe", pipe_body);
    mocket_post(app, "/echo", echo_writes);
    return mocket_listen(app, ":4000");
}
