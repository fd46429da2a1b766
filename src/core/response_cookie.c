/* Set-Cookie lines of an answer: one for each name, path and domain (C-10). */
#include "../base/buf.h"
#include "../base/span.h"
#include "../http/cookie.h"
#include "event.h"

static bool is_set_cookie(const struct mocket_field *row)
{
    return mocket__span_ieq(row->name, MOCKET_SPAN("set-cookie"));
}

static int put(struct mocket_response *res, mocket_span line)
{
    for (size_t i = 0; i < res->fields.count; i++) {
        struct mocket_field *row = &res->fields.rows[i];
        if (is_set_cookie(row) && mocket__cookie_same(row->value, line)) {
            row->value = line;
            return 0;
        }
    }
    return mocket__fields_add(&res->fields, res->arena, MOCKET_SPAN("Set-Cookie"), line);
}

void mocket_cookie_set(mocket_event *e, const char *name, const char *value, const struct mocket_cookie_opts *opts)
{
    struct mocket_response *res = e->res;
    struct mocket_buf line = { 0 };
    if (mocket__head_sent(res)) {
        mocket__event_problem(e, MOCKET_ESTATE, "cookie set after the head was sent");
        return;
    }
    int rc = mocket__cookie_write(&line, mocket__span(name), mocket__span(value ? value : ""), opts);
    if (rc == 0)
        rc = mocket__buf_status(&line);
    mocket_span copy = rc == 0 ? mocket__arena_copy(res->arena, mocket__buf_view(&line)) : (mocket_span){ NULL, 0 };
    mocket__buf_release(&line);
    if (rc == 0)
        rc = copy.ptr ? put(res, copy) : MOCKET_ENOMEM;
    if (rc < 0)
        mocket__event_problem(e, rc, "a cookie is malformed: its name, value, path, domain or flags");
}

void mocket_cookie_delete(mocket_event *e, const char *name, const struct mocket_cookie_opts *opts)
{
    struct mocket_cookie_opts gone = mocket__cookie_opts(opts);
    gone.size = 0;
    gone.has_max_age = true;
    gone.max_age_s = 0;
    mocket_cookie_set(e, name, "", &gone);
}
