/* An error handler of the app's own; set twice, and from a group, so that the last one counts. */
#include <mocket.h>
#include <stdlib.h>

static int never(mocket_event *e, int error)
{
    (void)error;
    return mocket_text(e, "the error handler that was set first");
}

static int on_error(mocket_event *e, int error)
{
    const char *text = mocket_error_text(e);
    if (error == 418) {
        mocket_status(e, 299);
        mocket_header_set(e, "X-Error", "teapot");
        return mocket_html(e, "<p>short and stout</p>");
    }
    if (error == 421)
        return 500;
    if (error == 422)
        return 0;
    if (error == 423)
        return MOCKET_EIO;
    if (error == 424) {
        mocket_header_set(e, "Bad Name", "x");
        return mocket_text(e, "never seen");
    }
    return mocket_textf(e, "%s: %d %s", (const char *)mocket_data(e), error, text ? text : "no text");
}

static int code(mocket_event *e)
{
    return (int)strtol(mocket_param(e, "code"), NULL, 10);
}

static int with_text(mocket_event *e)
{
    return mocket_error(e, code(e), "about %s", mocket_param(e, "code"));
}

static int silent(mocket_event *e)
{
    (void)e;
    return 0;
}

static int body(mocket_event *e)
{
    mocket_span bytes;
    int rc = mocket_body(e, &bytes);
    return rc ? rc : mocket_textf(e, "%d bytes", (int)bytes.len);
}

int main(void)
{
    static char label[] = "own";
    mocket_app *app = mocket_new();
    mocket_on_error(app, never, NULL);
    mocket_app *group = mocket_group(app, "/group");
    mocket_on_error(group, on_error, label);
    mocket_get(app, "/code/:code", code);
    mocket_get(app, "/text/:code", with_text);
    mocket_get(app, "/silent", silent);
    mocket_get(group, "/code/:code", code);
    mocket_post(app, "/body", body);
    return mocket_listen(app, ":4000");
}
