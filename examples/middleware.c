/* The middlewares, one of each. MOCKET_PUBLIC=DIR serves that folder's files under /files. */
#include <mocket.h>
#include <stdlib.h>

static int hello(mocket_event *e)
{
    return mocket_textf(e, "Hello, %s!", mocket_auth_user(e) ? mocket_auth_user(e) : "stranger");
}

static int upload(mocket_event *e)
{
    mocket_span body;
    int rc = mocket_body(e, &body);
    return rc ? rc : mocket_textf(e, "%zu bytes", body.len);
}

static int whole_numbers(mocket_event *e)
{
    mocket_value *list = mocket_array(e);
    for (int i = 0; i < 1000; i++)
        mocket_value_add_int(list, i);
    return mocket_json(e, list);
}

static void use_for_all(mocket_app *app)
{
    mocket_request_ids(app, NULL, NULL);
    mocket_logger(app, NULL, &(struct mocket_logger_opts){ .peer = true });
    mocket_secure_headers(app, NULL, &(struct mocket_secure_headers_opts){ .frame_options = "DENY" });
    mocket_compress(app, NULL, NULL);
    mocket_etag(app, NULL, NULL);
}

static void use_for_some(mocket_app *app)
{
    static const char *const origins[] = { "https://app.example", NULL };
    static const char *const tokens[] = { "a-long-random-token", NULL };
    static const struct mocket_user users[] = { { "ann", "s3cret" }, { NULL, NULL } };
    mocket_cors(app, "/api", &(struct mocket_cors_opts){ .origins = origins, .credentials = true });
    mocket_bearer_auth(app, "/api", &(struct mocket_bearer_auth_opts){ .tokens = tokens });
    mocket_basic_auth(app, "/admin", &(struct mocket_basic_auth_opts){ .users = users, .realm = "Admin" });
    mocket_body_limit(app, "/upload", &(struct mocket_body_limit_opts){ .max_bytes = 65536 });
}

int main(void)
{
    mocket_app *app = mocket_new();
    use_for_all(app);
    use_for_some(app);
    if (getenv("MOCKET_PUBLIC"))
        mocket_static(app, "/files", getenv("MOCKET_PUBLIC"),
                      &(struct mocket_static_opts){ .cache_control = "public, max-age=3600" });
    mocket_get(app, "/", hello);
    mocket_get(app, "/admin", hello);
    mocket_get(app, "/api/numbers", whole_numbers);
    mocket_post(app, "/upload", upload);
    return mocket_listen(app, ":4000");
}
