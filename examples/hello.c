/* The smallest app: natively it is a server, as hello.wasm any host serves it. */
#include <mocket.h>

static int hello(mocket_event *e)
{
    return mocket_text(e, "Hello, World!");
}

int main(void)
{
    mocket_app *app = mocket_new();
    mocket_get(app, "/", hello);
    return mocket_listen(app, ":4000");
}
