/* No limit for bodies. */
#include <mocket.h>

static int body_len(mocket_event *e)
{
    mocket_span bytes;
    int rc = mocket_body(e, &bytes);
    return rc ? rc : mocket_textf(e, "%zu bytes, last %c", bytes.len, bytes.len ? bytes.ptr[bytes.len - 1] : '-');
}

int main(void)
{
    mocket_app *app = mocket_new();
    mocket_set(app, MOCKET_MAX_BODY, MOCKET_UNLIMITED);
    mocket_post(app, "/body", body_len);
    return mocket_listen(app, ":4000");
}
