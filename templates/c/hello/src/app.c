#include "app.h"

static int home(mocket_event *e)
{
    return mocket_text(e, "Hello from @NAME@\n");
}

static int hello(mocket_event *e)
{
    return mocket_textf(e, "Hello, %s!\n", mocket_param_decoded(e, "name"));
}

mocket_app *app(void)
{
    mocket_app *a = mocket_new();
    mocket_get(a, "/", home);
    mocket_get(a, "/hello/:name", hello);
    return a;
}
