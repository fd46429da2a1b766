/* What belongs to a worker: made once, before its first request. */
#include <mocket.h>

struct worker {
    int requests;
};

static int starts;

static void *start(void *data)
{
    static struct worker workers[64];
    (void)data;
    return &workers[starts++ % 64];
}

static int count(mocket_event *e)
{
    struct worker *w = mocket_worker(e);
    return w ? mocket_textf(e, "request %d of a worker", ++w->requests) : 500;
}

int main(void)
{
    mocket_app *app = mocket_new();
    mocket_on_worker(app, start, NULL, NULL);
    mocket_get(app, "/", count);
    return mocket_listen(app, ":4000");
}
