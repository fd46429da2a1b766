/* A small limit for bodies: 16 bytes. */
#include <mocket.h>

static int body(mocket_event *e)
{
    mocket_span bytes;
    int rc = mocket_body(e, &bytes);
    return rc ? rc : mocket_bytes(e, bytes, "text/plain");
}

static int source(mocket_event *e)
{
    mocket_source *s = mocket_body_source(e);
    char piece[7];
    ptrdiff_t n, total = 0;
    while ((n = mocket_read(s, piece, sizeof piece)) > 0)
        total += n;
    if (n == MOCKET_ETOOBIG)
        return 413;
    return n < 0 ? (int)n : mocket_textf(e, "%d bytes", (int)total);
}

static int form(mocket_event *e)
{
    const mocket_fields *fields;
    int rc = mocket_body_form(e, &fields);
    return rc ? rc : mocket_textf(e, "%d", (int)mocket_fields_count(fields));
}

int main(void)
{
    mocket_app *app = mocket_new();
    mocket_set(app, MOCKET_MAX_BODY, 16);
    mocket_post(app, "/body", body);
    mocket_post(app, "/source", source);
    mocket_post(app, "/form", form);
    mocket_get(app, "/body", body);
    return mocket_listen(app, ":4000");
}
