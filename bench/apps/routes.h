/* An app with ROUTES dynamic routes of every shape; the one that is measured, /last/:id, is registered last. */
#include <mocket.h>
#include <stdio.h>

static int answer(mocket_event *e)
{
    return mocket_text(e, "Hello, World!");
}

int main(void)
{
    static const char *const shapes[] = { "/r%d/:id", "/w%d/**", "/:a/x%d/:b", "/**/s%d", "/p/**/t%d/*" };
    mocket_app *app = mocket_new();
    mocket_get(app, "/", answer);
    for (int i = 0; i < ROUTES - 1; i++) {
        char path[64];
        snprintf(path, sizeof path, shapes[i % 5], i);
        mocket_get(app, path, answer);
    }
    mocket_get(app, "/last/:id", answer);
    return mocket_listen(app, ":4000");
}
