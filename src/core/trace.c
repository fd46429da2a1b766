/* The function is reached by a pointer that a backend sets, so programs that never trace are not linked with it. */
#include "trace.h"

#include "../base/buf.h"
#include "../base/span.h"

void mocket__trace(mocket_event *e, const struct mocket_route *route, const struct mocket_selection *middlewares)
{
    struct mocket_buf scopes = { 0 };
    for (size_t i = 0; i < middlewares->count; i++) {
        mocket_span scope = middlewares->rows[i]->raw;
        mocket__buf_text(&scopes, i == 0 ? "middlewares of " : ", ");
        mocket__buf_span(&scopes, scope.len ? scope : MOCKET_SPAN("everything"));
    }
    mocket__buf_span(&scopes, middlewares->count ? (mocket_span){ "", 1 } : (mocket_span){ "no middlewares", 15 });
    const char *method = mocket_method(e), *path = mocket_path(e);
    const char *chain = mocket__buf_status(&scopes) == 0 ? scopes.ptr : "out of memory";
    if (route)
        mocket__event_log(e, MOCKET_LOG_DEBUG, method, " ", path, ": route ", route->method.ptr, " ",
                          route->template.ptr, ", ", chain, NULL);
    else
        mocket__event_log(e, MOCKET_LOG_DEBUG, method, " ", path, ": no route, ", chain, NULL);
    mocket__buf_release(&scopes);
}
