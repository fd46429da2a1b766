/* mocket_publish: from the app to its backend. */
#include "../base/span.h"
#include "../http/websocket.h"
#include "backend.h"

int mocket_publish(mocket_app *app, const char *topic, int kind, mocket_span data)
{
    mocket_span name = mocket__span(topic ? topic : "");
    if (!app || !app->root || mocket__ws_check_publish(name, kind, data) < 0)
        return MOCKET_EINVAL;
    return mocket__publish(app, name, kind, data);
}

int mocket_ws_publish(mocket_socket *s, const char *topic, int kind, mocket_span data)
{
    return mocket_publish(s->event->app, topic, kind, data);
}
