/* Upstream Mocket's example: every kind of route and answer. */
#include <mocket.h>

static int tadaa(mocket_event *e)
{
    return mocket_text(e, "⚡️ Tadaa!");
}

static int hello(mocket_event *e)
{
    return mocket_text(e, "Hello world!");
}

static int json(mocket_event *e)
{
    mocket_value *person = mocket_object(e);
    mocket_value_set_text(person, "name", "John Doe");
    mocket_value_set_int(person, "age", 30);
    mocket_value_set_text(person, "city", "New York");
    return mocket_json(e, person);
}

/* data: the name of the parameter to greet */
static int greet(mocket_event *e)
{
    const char *name = mocket_param(e, mocket_data(e));
    return mocket_textf(e, "Hello, %s!", name ? name : "");
}

static int echo(mocket_event *e)
{
    mocket_span body;
    int rc = mocket_body(e, &body);
    return rc ? rc : mocket_bytes(e, body, mocket_header(e, "Content-Type"));
}

static int api_log(mocket_event *e)
{
    mocket_log(e, MOCKET_LOG_INFO, "API: %s %s", mocket_method(e), mocket_path(e));
    return mocket_next(e);
}

static int errors(mocket_event *e, int error)
{
    if (error != 404)
        return error; /* the default answer will do */
    return mocket_html(e, "<!doctype html>\n<title>Not found</title>\n<h1>404</h1>\n<p>There is no such page.</p>\n");
}

int main(void)
{
    mocket_app *app = mocket_new();
    mocket_get(app, "/", tadaa);
    mocket_get(app, "/hello", hello);
    mocket_get(app, "/json", json);
    mocket_on(app, "GET", "/hello/:name", greet, "name");
    mocket_on(app, "GET", "/hello2/*", greet, "_");
    mocket_on(app, "GET", "/hello3/**", greet, "_");
    mocket_post(app, "/echo", echo);

    mocket_app *api = mocket_group(app, "/api");
    mocket_use(api, NULL, api_log, NULL);
    mocket_get(api, "/hello", hello);
    mocket_get(api, "/json", json);

    mocket_on_error(app, errors, NULL);
    return mocket_listen(app, ":4000");
}
