/* Logs one line for each request after its answer was sent. So status and time are final, after all error handlers and
 * for slow clients too. */
#include <mocket.h>

struct line {
    mocket_event *event;
    const struct mocket_logger_opts *opts;
    uint64_t start_ns;
};

/* Percent-encodes quotation marks and percent signs, so that the text ends where its quotes end. The log escapes the
 * rest. */
static const char *quoted(mocket_event *e, const char *text)
{
    size_t len = 0;
    for (const char *p = text; *p; p++)
        len += *p == '"' || *p == '%' ? 3 : 1;
    char *out = mocket_mem(e, len + 1), *to = out;
    for (; to && *text; text++) {
        bool plain = *text != '"' && *text != '%';
        *to++ = plain ? *text : '%';
        if (!plain) {
            *to++ = '2';
            *to++ = *text == '"' ? '2' : '5';
        }
    }
    return out ? out : "";
}

static void write_line(void *ptr)
{
    const struct line *line = ptr;
    mocket_event *e = line->event;
    const struct mocket_logger_opts *opts = line->opts;
    const char *query = opts->query ? mocket_query_string(e) : "", *id = mocket_request_id(e);
    const char *agent = opts->user_agent ? mocket_header(e, "User-Agent") : NULL;
    uint64_t us = (mocket_now_ns(e) - line->start_ns) / 1000;
    const char *who = opts->peer ? mocket_format(e, "%s ", mocket_peer(e)) : "";
    const char *path = mocket_format(e, "%s%s%s", mocket_path(e), query[0] ? "?" : "", query);
    const char *name = id ? mocket_format(e, " id=%s", id) : "";
    const char *client = agent ? mocket_format(e, " \"%s\"", quoted(e, agent)) : "";
    mocket_log(e, MOCKET_LOG_INFO, "%s%s %s %d %u.%03u ms%s%s", who, mocket_method(e), path, mocket_response_status(e),
               (unsigned)(us / 1000), (unsigned)(us % 1000), name, client);
}

static int logger(mocket_event *e)
{
    struct line *line = mocket_mem(e, sizeof *line);
    if (!line)
        return MOCKET_ENOMEM;
    *line = (struct line){ e, mocket_data(e), mocket_now_ns(e) };
    mocket_defer(e, write_line, line);
    return mocket_next(e);
}

void mocket_logger(mocket_app *app, const char *scope, const struct mocket_logger_opts *opts)
{
    struct mocket_logger_opts *own = mocket_app_mem(app, sizeof *own);
    if (!own)
        return;
    mocket_opts_read(own, sizeof *own, opts);
    mocket_use(app, scope, logger, own);
}
