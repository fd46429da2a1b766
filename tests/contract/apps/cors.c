/* CORS, one configuration under each path. X-Handler tells that the handler ran. */
#include <mocket.h>
#include <string.h>

static int answer(mocket_event *e)
{
    mocket_header_set(e, "X-Handler", "ran");
    return mocket_text(e, mocket_method(e));
}

/* A handler that varies by something else too. */
static int varies(mocket_event *e)
{
    mocket_header_set(e, "Vary", "Accept-Language");
    return mocket_text(e, "varies");
}

/* Any origin below the domain that data names. */
static bool below(mocket_event *e, const char *origin, void *data)
{
    (void)e;
    size_t len = strlen(origin), end = strlen(data);
    return len > end && strcmp(origin + len - end, data) == 0;
}

int main(void)
{
    static const char *const origins[] = { "https://a.example", "http://b.example:8080", NULL };
    static char domain[] = ".c.example";
    mocket_app *app = mocket_new();
    mocket_cors(app, "/any", NULL);
    mocket_cors(app, "/list", &(struct mocket_cors_opts){ .origins = origins });
    mocket_cors(app, "/call", &(struct mocket_cors_opts){ .origins = origins, .allow = below, .data = domain });
    mocket_cors(app, "/credentials", &(struct mocket_cors_opts){ .origins = origins, .credentials = true });
    mocket_cors(
        app, "/own",
        &(struct mocket_cors_opts){
            .methods = "GET, PUT", .headers = "X-Key", .expose = "X-Total", .max_age_s = 60, .preflight_204 = true });
    mocket_cors(app, "/silent", &(struct mocket_cors_opts){ .expose = "", .max_age_s = -1 });
    mocket_get(app, "/list/varies", varies);
    mocket_get(app, "/*/get-only", answer);
    mocket_all(app, "/*", answer);
    return mocket_listen(app, ":4000");
}
