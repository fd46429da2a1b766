/* mocket_sleep of a guest. Linked only into apps that call it, since it imports `await`. */
#include "../../core/backend.h"
#include "imports.h"
#include "sink.h"

int mocket_sleep(mocket_event *e, uint32_t ms)
{
    const struct mocket_guest_sink *g = (const struct mocket_guest_sink *)e->res->sink;
    int32_t op = mocket__import_sleep(g->owner, ms);
    return op < 0 ? op : mocket__import_await(op);
}
