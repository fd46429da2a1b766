/* Middlewares leave a trail: every step is added to a text that travels with the event, and whoever is outermost
 * sends it last, as X-Trail. */
#include <mocket.h>
#include <stdlib.h>

static const char trail_key;

static void step(mocket_event *e, const char *what)
{
    const char *before = mocket_local(e, &trail_key);
    mocket_local_set(e, &trail_key, mocket_format(e, "%s%s%s", before ? before : "", before ? " " : "", what));
}

static int mark(mocket_event *e)
{
    const char *name = mocket_data(e);
    step(e, mocket_format(e, ">%s", name));
    int rc = mocket_next(e);
    step(e, mocket_format(e, "<%s", name));
    mocket_header_set(e, "X-Trail", mocket_local(e, &trail_key));
    return rc;
}

static int end(mocket_event *e)
{
    step(e, "handler");
    return mocket_text(e, mocket_path(e));
}

/* ---- Scopes ---- */

static int deny(mocket_event *e)
{
    return mocket_header(e, "X-Key") ? mocket_next(e) : mocket_error(e, 403, "keep out");
}

/* ---- Next ---- */

static int stop(mocket_event *e)
{
    return mocket_text(e, "stopped");
}

static int next_twice(mocket_event *e)
{
    int rc = mocket_next(e);
    mocket_header_set(e, "X-Second", mocket_format(e, "%d", mocket_next(e)));
    return rc;
}

static int next_of_handler(mocket_event *e)
{
    step(e, "handler");
    return mocket_textf(e, "next gives %d", mocket_next(e));
}

static int next_of_two(mocket_event *e)
{
    int first = mocket_next(e);
    int second = mocket_next(e);
    return mocket_textf(e, "%d %d", first, second);
}

/* ---- Results and answers ---- */

static int fail(mocket_event *e)
{
    step(e, "handler");
    return (int)strtol(mocket_param(e, "code"), NULL, 10);
}

static int catcher(mocket_event *e)
{
    int rc = mocket_next(e);
    if (rc == 409 || rc == MOCKET_EIO)
        return mocket_textf(e, "caught %d, status was %d", rc, mocket_response_status(e));
    return rc;
}

static int replace(mocket_event *e)
{
    int rc = mocket_next(e);
    if (rc != 0)
        return rc;
    mocket_status(e, 202);
    return mocket_textf(e, "instead of %d", mocket_response_status(e));
}

static int swallow(mocket_event *e)
{
    int rc = mocket_next(e);
    return rc == 404 ? mocket_text(e, "found after all") : rc;
}

static int look(mocket_event *e)
{
    int before = mocket_response_status(e);
    int rc = mocket_next(e);
    const char *type = mocket_response_header(e, "content-type");
    mocket_header_set(e, "X-Look",
                      mocket_format(e, "%d %d %s", before, mocket_response_status(e), type ? type : "none"));
    return rc;
}

int main(void)
{
    mocket_app *app = mocket_new();
    mocket_use(app, NULL, mark, "g1");
    mocket_app *api = mocket_group(app, "/api");
    mocket_use(api, NULL, mark, "group");
    mocket_use(app, NULL, mark, "g2");
    mocket_app *v1 = mocket_group(api, "/v1");
    mocket_use(v1, NULL, mark, "v1");
    mocket_use(api, "/explicit", mark, "explicit");
    mocket_use(app, "", mark, "empty");
    mocket_use(app, "/", mark, "root");
    mocket_use(app, "/deep/er", mark, "deep");
    mocket_use(app, "tail/", mark, "tail");
    mocket_use(app, "//wide///scope//", mark, "wide");
    mocket_use(mocket_group(app, "/tenants/:tenant/x"), NULL, mark, "tenant");
    mocket_use(app, "/private", deny, NULL);
    mocket_use(app, "/stop", stop, NULL);
    mocket_use(app, "/twice", next_twice, NULL);
    mocket_use(app, "/caught", catcher, NULL);
    mocket_use(app, "/replaced", replace, NULL);
    mocket_use(app, "/swallow", swallow, NULL);
    mocket_use(app, "/look", look, NULL);
    mocket_use(app, "/both-next", next_of_two, NULL);
    mocket_get(app, "/handler-next", next_of_handler);
    mocket_get(app, "/caught/:code", fail);
    mocket_get(app, "/fail/:code", fail);
    mocket_get(app, "/look/fail/:code", fail);
    mocket_app *guard = mocket_group(app, "/guard");
    mocket_use(guard, NULL, deny, NULL);
    mocket_get(guard, "/**", end);
    mocket_get(app, "/**", end);
    return mocket_listen(app, ":4000");
}
