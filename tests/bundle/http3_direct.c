/* An app in direct style for wasi:http 0.3: while /nap waits, the client of /large must get the rest of its answer. A
 * body that comes meanwhile for /flow is handled behind it, by its own task. */
#include <mocket.h>

enum { LARGE = 16 << 20, PIECES = 64, NAP_MS = 3000 };

static int large(mocket_event *e)
{
    char *text = mocket_mem(e, LARGE);
    if (!text)
        return MOCKET_ENOMEM;
    for (size_t i = 0; i < LARGE; i++)
        text[i] = 'x';
    return mocket_bytes(e, (mocket_span){ text, LARGE }, "text/plain");
}

/* Writes more than the platform takes without a reader, behind a body that was collected. */
static int flow(mocket_event *e)
{
    static char piece[65536];
    mocket_span body;
    int rc = mocket_body(e, &body);
    for (size_t i = 0; i < sizeof piece; i++)
        piece[i] = 'y';
    for (int i = 0; i < PIECES && rc >= 0; i++)
        rc = mocket_write(e, (mocket_span){ piece, sizeof piece });
    return rc;
}

static int nap(mocket_event *e)
{
    int rc = mocket_sleep(e, NAP_MS);
    return rc < 0 ? rc : mocket_text(e, "awake");
}

int main(void)
{
    mocket_app *app = mocket_new();
    mocket_get(app, "/large", large);
    mocket_get(app, "/nap", nap);
    mocket_post(app, "/flow", flow);
    return mocket_listen(app, ":4000");
}
