/* Everything that formats, in one place: only an app that calls one of these links printf (18 KB in a guest). */
#include <stdio.h>

#include "../base/span.h"
#include "backend.h"

/* Into the arena; ptr NULL when there is no memory or fmt is malformed. */
static mocket_span format(mocket_event *e, const char *fmt, va_list args)
{
    va_list again;
    va_copy(again, args);
    char small[256];
    int len = vsnprintf(small, sizeof small, fmt, args);
    char *text = len < 0 ? NULL : mocket__arena_alloc(mocket__arena(e), (size_t)len + 1);
    if (text && (size_t)len < sizeof small)
        memcpy(text, small, (size_t)len + 1);
    else if (text)
        vsnprintf(text, (size_t)len + 1, fmt, again);
    va_end(again);
    return (mocket_span){ text, text ? (size_t)len : 0 };
}

char *mocket_format(mocket_event *e, const char *fmt, ...)
{
    static const char nothing[] = "";
    va_list args;
    va_start(args, fmt);
    mocket_span text = format(e, fmt, args);
    va_end(args);
    if (text.ptr)
        return (char *)text.ptr;
    mocket__event_problem(e, MOCKET_ENOMEM, "mocket_format");
    return (char *)nothing;
}

int mocket_textf(mocket_event *e, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    mocket_span text = format(e, fmt, args);
    va_end(args);
    return text.ptr ? mocket__answer(e, text, MOCKET_SPAN("text/plain; charset=utf-8")) : MOCKET_ENOMEM;
}

void mocket_log(mocket_event *e, int level, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    mocket_span line = format(e, fmt, args);
    va_end(args);
    if (line.ptr)
        e->req->env->log(e->req->env, level, line);
}

int mocket_error(mocket_event *e, int status, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    e->error_text = fmt ? format(e, fmt, args).ptr : NULL;
    va_end(args);
    e->error_status = status;
    if (status >= 400 && status <= 599)
        return status;
    mocket__event_log(e, MOCKET_LOG_WARN, "mocket_error: a status must be 400 to 599: ", e->error_text, NULL);
    e->error_text = NULL; /* a message for another status must not be sent */
    return 500;
}
