/* For tests of wasi-server's memory: bodies up to 64 MiB, collected whole, and requests to another server. */
#include <mocket.h>

static int count(mocket_event *e)
{
    mocket_span body;
    int rc = mocket_body(e, &body);
    return rc < 0 ? rc : mocket_textf(e, "%zu", body.len);
}

/* Asks the server of the query 100 times, one request after the other, for its head alone. */
static int ask(mocket_event *e)
{
    const char *url = mocket_query(e, "url");
    for (int i = 0; i < 100; i++) {
        mocket_call *call = mocket_fetch_start(e, "GET", url ? url : "", NULL);
        int rc = mocket_wait_any(e, &call, 1, -1);
        if (rc < 0)
            return mocket_textf(e, "%s", mocket_strerror(rc));
        mocket_cancel(call); /* its head has arrived, and the app has not read it */
    }
    return mocket_text(e, "asked");
}

static int hello(mocket_event *e)
{
    return mocket_text(e, "hello");
}

int main(void)
{
    mocket_app *app = mocket_new();
    mocket_set(app, MOCKET_MAX_BODY, 64 << 20);
    mocket_get(app, "/", hello);
    mocket_get(app, "/ask", ask);
    mocket_post(app, "/count", count);
    return mocket_listen(app, ":4000");
}
