/* Text helpers of the public API: URL escapes and HTML escapes. */
#include "../base/buf.h"
#include "../base/span.h"
#include "../http/url.h"
#include "event.h"

/* The buffer's bytes as a C string of the event; "" and a problem when something failed. */
static const char *keep(mocket_event *e, struct mocket_buf *b)
{
    int rc = mocket__buf_status(b);
    const char *text =
        rc == 0 ? mocket__arena_copy(mocket__arena(e), b->ptr ? mocket__buf_view(b) : MOCKET_SPAN("")).ptr : NULL;
    mocket__buf_release(b);
    if (text)
        return text;
    mocket__event_problem(e, MOCKET_ENOMEM, "text could not be escaped");
    return "";
}

const char *mocket_url_encode(mocket_event *e, mocket_span text)
{
    struct mocket_buf b = { 0 };
    mocket__url_encode(&b, text);
    return keep(e, &b);
}

const char *mocket_url_decode(mocket_event *e, mocket_span text)
{
    mocket_span decoded = mocket__url_decode(mocket__arena(e), text, MOCKET_DECODE_URL);
    if (decoded.ptr)
        return decoded.ptr;
    mocket__event_problem(e, MOCKET_ENOMEM, "mocket_url_decode");
    return "";
}

static const char *entity(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

const char *mocket_escape(mocket_event *e, const char *text)
{
    struct mocket_buf b = { 0 };
    for (; text && *text; text++) {
        const char *escaped = entity(*text);
        if (escaped)
            mocket__buf_text(&b, escaped);
        else
            mocket__buf_add(&b, text, 1);
    }
    return keep(e, &b);
}
