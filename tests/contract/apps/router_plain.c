/* What the router adds by itself, turned off: HEAD by GET, OPTIONS, 405. */
#include <mocket.h>

static int hello(mocket_event *e)
{
    return mocket_text(e, "hello");
}

int main(void)
{
    mocket_app *app = mocket_new();
    mocket_set(app, MOCKET_AUTO_HEAD, 0);
    mocket_set(app, MOCKET_AUTO_OPTIONS, 0);
    mocket_set(app, MOCKET_METHOD_NOT_ALLOWED, 0);
    mocket_get(app, "/g", hello);
    mocket_all(app, "/any", hello);
    return mocket_listen(app, ":4000");
}
