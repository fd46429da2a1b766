/* mocket_publish of a guest: the host knows the subscribers. Linked only into apps that call it. */
#include "../../core/backend.h"
#include "imports.h"

int mocket__publish(mocket_app *app, mocket_span topic, int kind, mocket_span data)
{
    (void)app; /* there is one in an instance */
    return mocket__import_publish(topic.ptr, (uint32_t)topic.len, kind, data.ptr, (uint32_t)data.len);
}
