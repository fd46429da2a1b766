/* A 301 or 302 turns POST into GET, as all browsers do. A 307 or 308 keeps method and body. */
#include "redirect.h"

#include "../base/span.h"

bool mocket__is_redirect(int status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

bool mocket__redirect_is_get(int status, mocket_span method)
{
    if (status == 303)
        return !mocket__span_eq(method, MOCKET_SPAN("GET")) && !mocket__span_eq(method, MOCKET_SPAN("HEAD"));
    return (status == 301 || status == 302) && mocket__span_eq(method, MOCKET_SPAN("POST"));
}

bool mocket__redirect_needs_body(mocket_span name)
{
    return mocket__span_ieq(mocket__span_slice(name, 0, 8), MOCKET_SPAN("content-"));
}

bool mocket__redirect_is_secret(mocket_span name)
{
    return mocket__span_ieq(name, MOCKET_SPAN("authorization")) || mocket__span_ieq(name, MOCKET_SPAN("cookie")) ||
           mocket__span_ieq(name, MOCKET_SPAN("proxy-authorization"));
}
