/* Redirects (RFC 9110, section 15.4). */
#include "../base/buf.h"
#include "../base/span.h"
#include "event.h"

static bool is_redirect(int status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/* Percent-encodes bytes that a URL must not contain; existing escapes stay. */
static void write_location(struct mocket_buf *out, const char *location)
{
    static const char hex[] = "0123456789ABCDEF";
    for (const unsigned char *p = (const unsigned char *)location; *p; p++) {
        bool plain = *p > 0x20 && *p < 0x7F && !strchr("\"<>\\^`{|}", *p);
        char escape[3] = { '%', hex[*p >> 4], hex[*p & 15] };
        if (plain)
            mocket__buf_add(out, p, 1);
        else
            mocket__buf_add(out, escape, 3);
    }
}

int mocket_redirect(mocket_event *e, int status, const char *location)
{
    status = status ? status : 302;
    if (!is_redirect(status) || !location)
        return MOCKET_EINVAL;
    struct mocket_buf out = { 0 };
    write_location(&out, location);
    mocket__buf_add(&out, "", 1);
    int rc = mocket__buf_status(&out);
    if (rc == 0)
        mocket_header_set(e, "Location", out.ptr);
    mocket__buf_release(&out);
    return rc < 0 ? rc : mocket_empty(e, status);
}
