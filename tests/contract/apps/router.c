/* Which of several routes wins: static and dynamic, methods, groups. The answer names the route, in the body and, for
 * HEAD, in X-Route; then every parameter once. */
#include <mocket.h>
#include <string.h>

static bool seen_before(const mocket_fields *params, size_t i, mocket_span name)
{
    for (size_t j = 0; j < i; j++) {
        mocket_span other;
        mocket_fields_at(params, j, &other, NULL);
        if (strcmp(other.ptr, name.ptr) == 0)
            return true;
    }
    return false;
}

static int show(mocket_event *e)
{
    const mocket_fields *params = mocket_fields_of(e, MOCKET_PARAMS);
    const char *text = mocket_data(e);
    mocket_header_set(e, "X-Route", text);
    for (size_t i = 0; i < mocket_fields_count(params); i++) {
        mocket_span name;
        mocket_fields_at(params, i, &name, NULL);
        if (!seen_before(params, i, name))
            text = mocket_format(e, "%s %s=\"%s\"", text, name.ptr, mocket_param(e, name.ptr));
    }
    return mocket_text(e, text);
}

static int decoded(mocket_event *e)
{
    return mocket_textf(e, "raw \"%s\" decoded \"%s\"", mocket_param(e, "v"), mocket_param_decoded(e, "v"));
}

static int absent(mocket_event *e)
{
    return mocket_textf(e, "param %s decoded %s", mocket_param(e, "nobody") ? "there" : "absent",
                        mocket_param_decoded(e, "nobody") ? "there" : "absent");
}

static int seen(mocket_event *e)
{
    mocket_header_set(e, "X-Seen", "yes");
    return mocket_next(e);
}

struct row {
    const char *method, *path, *label;
};

static void add(mocket_app *app, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        mocket_on(app, rows[i].method, rows[i].path, show, (void *)rows[i].label);
}

#define ADD(app, rows) add((app), (rows), sizeof(rows) / sizeof *(rows))

static const struct row precedence[] = {
    { "GET", "/again", "first" },
    { "GET", "/again", "second" },
    { "GET", "/twice/:a", "first" },
    { "GET", "/twice/:a", "second" },
    { "GET", "/names/:a", "a" },
    { "GET", "/names/:b", "b" },
    { "GET", "/dup/:a/:a", "dup" },
    { "GET", "/dup2/*/mid/**", "dup2" },
    { "GET", "/r20/:id", "get" },
    { "*", "/r20/x", "all" },
    { "*", "/r21/:any", "all" },
    { "GET", "/r21/:id", "get" },
    { "GET", "/users/:id/profile", "profile" },
    { "GET", "/users/me/:tab", "tab" },
    { "*", "/s10", "all" },
    { "GET", "/s10", "get" },
    { "*", "/d10/**", "all" },
    { "GET", "/d10/one/:x", "get one" },
    { "GET", "/d10/:y/:x", "get any" },
    { "GET", "/d10/:y/two", "get never" },
    { "POST", "/back/:a/x", "post" },
    { "GET", "/back/:a/x/1", "one" },
    { "GET", "/back/b/:c/2", "two" },
    { "GET", "/back/**", "rest" },
};

static const struct row literals[] = {
    { "GET", "/lit/a.b", "dot" },          { "GET", "/lit/", "slash" },      { "GET", "//dbl", "double" },
    { "GET", "/enc/%61", "encoded" },      { "GET", "/odd/a*b", "star" },    { "GET", "/odd/x:y", "colon" },
    { "GET", "/odd/***", "three" },        { "GET", "/odd/*x/:p", "starx" }, { "GET", "/Case", "upper" },
    { "GET", "/lit/caf\xc3\xa9", "utf8" },
};

static const struct row methods[] = {
    { "HEAD", "/h", "head" },
    { "GET", "/h", "get" },
    { "GET", "/g", "get" },
    { "*", "/any", "any" },
    { "POST", "/only-post", "post" },
    { "HEAD", "/only-head", "head" },
    { "*", "/hd", "any" },
    { "GET", "/hd/:x", "get" },
    { "HEAD", "/hdyn/:x", "head" },
    { "GET", "/hdyn/1", "get" },
    { "PROPFIND", "/dav", "propfind" },
    { "get", "/lower", "lower" },
    { "TRACE", "/trace", "trace" },
    { "OPTIONS", "/opt", "options" },
    { "GET", "/opt", "get" },
    { "PUT", "/crud/:id", "put" },
    { "DELETE", "/crud/:id", "delete" },
    { "GET", "/crud/:id", "get" },
    { "PATCH", "/crud/:id", "patch" },
    { "MKCOL", "/dav", "mkcol" },
    { "GET", "/hs/**", "get" },
    { "*", "/hs/x", "any" },
};

static void groups(mocket_app *app)
{
    static const struct row inner[] = { { "GET", "/in", "in" }, { "GET", "", "empty" }, { "GET", "1/x", "glued" } };
    static const struct row deep[] = { { "GET", "/in", "deep" }, { "GET", "/:id", "deep id" } };
    static const struct row slash[] = { { "GET", "/x", "slashed" } };
    mocket_app *outer = mocket_group(app, "/v");
    ADD(outer, inner);
    ADD(mocket_group(outer, "/w"), deep);
    ADD(mocket_group(app, "/t/"), slash);
    ADD(mocket_group(app, "/p/:tenant"), deep);
}

int main(void)
{
    mocket_app *app = mocket_new();
    mocket_use(app, NULL, seen, NULL);
    ADD(app, precedence);
    ADD(app, literals);
    ADD(app, methods);
    groups(app);
    mocket_get(app, "/dec/:v", decoded);
    mocket_get(app, "/absent", absent);
    mocket_on(app, "GET", "/hostile/**/a/**/b/**/c/**/d", show, "hostile");
    mocket_on(app, "GET", "/hostile2/**/a/**/a/**/a/**/:x/b", show, "hostile2");
    return mocket_listen(app, ":4000");
}
