/* An id for each request, to find it in logs and on other servers. A client's id is kept if it is short and plain, so
 * that an id from a proxy is passed on. All other ids may be noise or attacks. */
#include <mocket.h>

#include <string.h>

#define ID_MAX 255

static const char id_key;

static bool is_plain(const char *id)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=";
    size_t len = strspn(id, plain);
    return len > 0 && len <= ID_MAX && id[len] == '\0';
}

/* RFC 9562, section 5.4. NULL: no random bytes, or no memory. */
static char *fresh_id(mocket_event *e)
{
    unsigned char bytes[16];
    char *id = mocket_mem(e, 37), *at = id;
    if (!id || mocket_random(e, bytes, sizeof bytes) < 0)
        return NULL;
    bytes[6] = (unsigned char)((bytes[6] & 0x0F) | 0x40);
    bytes[8] = (unsigned char)((bytes[8] & 0x3F) | 0x80);
    for (size_t i = 0; i < sizeof bytes; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *at++ = '-';
        *at++ = "0123456789abcdef"[bytes[i] >> 4];
        *at++ = "0123456789abcdef"[bytes[i] & 15];
    }
    return id;
}

static int request_ids(mocket_event *e)
{
    const struct mocket_request_ids_opts *opts = mocket_data(e);
    const char *theirs = opts->ignore_client ? NULL : mocket_header(e, opts->header);
    char *id = theirs && is_plain(theirs) ? mocket_mem(e, strlen(theirs) + 1) : fresh_id(e);
    if (!id)
        return MOCKET_EIO;
    if (!id[0])
        memcpy(id, theirs, strlen(theirs));
    mocket_local_set(e, &id_key, id);
    mocket_header_set(e, opts->header, id);
    return mocket_next(e);
}

const char *mocket_request_id(mocket_event *e)
{
    return mocket_local(e, &id_key);
}

void mocket_request_ids(mocket_app *app, const char *scope, const struct mocket_request_ids_opts *opts)
{
    struct mocket_request_ids_opts *own = mocket_app_mem(app, sizeof *own);
    if (!own)
        return;
    mocket_opts_read(own, sizeof *own, opts);
    own->header = mocket_app_text(app, own->header ? own->header : "X-Request-Id");
    if (own->header && (!own->header[0] || strpbrk(own->header, " \t\r\n:,;\"")))
        mocket_mistake(app, "mocket_request_ids: header is not the name of a header");
    mocket_use(app, scope, request_ids, own);
}
