/* A handler that does what no handler may do. */
#include <mocket.h>
#include <stdlib.h>

static int count;

static int crash(mocket_event *e)
{
    (void)e;
    abort();
}

static int deep(mocket_event *e)
{
    volatile char room[4096];
    room[0] = (char)count;
    return count < 0 ? 0 : deep(e) + room[0];
}

static int fine(mocket_event *e)
{
    return mocket_textf(e, "fine %d", ++count);
}

int main(void)
{
    mocket_app *app = mocket_new();
    mocket_get(app, "/abort", crash);
    mocket_get(app, "/deep", deep);
    mocket_get(app, "/fine", fine);
    return mocket_listen(app, ":4000");
}
