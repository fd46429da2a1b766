/* Errors without an error handler of the app's own. */
#include <mocket.h>
#include <stdlib.h>

static int code(mocket_event *e)
{
    return (int)strtol(mocket_param(e, "code"), NULL, 10);
}

static int with_text(mocket_event *e)
{
    return mocket_error(e, code(e), "no user %s", "<moon>");
}

static int silent(mocket_event *e)
{
    (void)e;
    return 0;
}

static int silent_status(mocket_event *e)
{
    mocket_status(e, 201);
    return 0;
}

static int silent_headers(mocket_event *e)
{
    mocket_header_set(e, "X-Kept", "yes");
    return 0;
}

static int logs(mocket_event *e)
{
    mocket_log(e, MOCKET_LOG_WARN, "a line with %s and \x1b[31m control bytes\nforged line", "text");
    return mocket_text(e, "logged");
}

/* U+202E, U+2028, U+009B and a backslash. */
static int logs_hidden(mocket_event *e)
{
    mocket_log(e, MOCKET_LOG_WARN, "hidden \xe2\x80\xae \xe2\x80\xa8 \xc2\x9b[31m \\x1b \xc3\xbc end");
    return mocket_text(e, "logged");
}

static void note(void *ptr)
{
    *(int *)ptr += 1;
}

static int deferred_count;

static int defers(mocket_event *e)
{
    mocket_defer(e, note, &deferred_count);
    mocket_defer(e, note, &deferred_count);
    return code(e);
}

static int count(mocket_event *e)
{
    return mocket_textf(e, "%d", deferred_count);
}

static int text_copied(mocket_event *e)
{
    char detail[] = "kept";
    int rc = mocket_error(e, 409, "%s", detail);
    detail[0] = 'f';
    return rc;
}

int main(void)
{
    mocket_app *app = mocket_new();
    mocket_get(app, "/code/:code", code);
    mocket_get(app, "/text/:code", with_text);
    mocket_get(app, "/silent", silent);
    mocket_get(app, "/silent/status", silent_status);
    mocket_get(app, "/silent/headers", silent_headers);
    mocket_get(app, "/logs", logs);
    mocket_get(app, "/logs/hidden", logs_hidden);
    mocket_get(app, "/defers/:code", defers);
    mocket_get(app, "/count", count);
    mocket_get(app, "/text-copied", text_copied);
    return mocket_listen(app, ":4000");
}
