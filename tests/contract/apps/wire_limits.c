/* Limits of the connection, small and quick enough for a test. */
#include <mocket.h>

static int hello(mocket_event *e)
{
    return mocket_text(e, "hello");
}

static int body(mocket_event *e)
{
    mocket_span bytes;
    int rc = mocket_body(e, &bytes);
    return rc ? rc : mocket_bytes(e, bytes, "text/plain");
}

int main(void)
{
    mocket_app *app = mocket_new();
    mocket_set(app, MOCKET_MAX_HEAD, 1024);
    mocket_set(app, MOCKET_MAX_TARGET, 64);
    mocket_set(app, MOCKET_MAX_FIELDS, 4);
    mocket_set(app, MOCKET_HEAD_TIMEOUT, 300);
    mocket_set(app, MOCKET_BODY_TIMEOUT, 300);
    mocket_set(app, MOCKET_IDLE_TIMEOUT, 400);
    mocket_get(app, "/**", hello);
    mocket_post(app, "/body", body);
    return mocket_listen(app, ":4000");
}
