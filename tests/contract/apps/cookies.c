/* Cookies that are set: a table of names, values and options, one row per path. */
#include <mocket.h>
#include <stdlib.h>

struct row {
    const char *name, *value;
    struct mocket_cookie_opts opts;
};

static const struct row rows[] = {
    [0] = { "id", "abc", { 0 } },
    [1] = { "id",
            "abc",
            { .has_max_age = true,
              .max_age_s = 60,
              .path = "/p",
              .domain = "example.com",
              .secure = true,
              .http_only = true,
              .same_site = MOCKET_SAME_SITE_STRICT } },
    [2] = { "id", "abc", { .same_site = MOCKET_SAME_SITE_NONE } },
    [3] = { "id", "abc", { .same_site = MOCKET_SAME_SITE_LAX } },
    [4] = { "id", "abc", { .secure = true, .partitioned = true, .path = "/" } },
    [5] = { "id", "", { 0 } },
    [6] = { "id", "abc", { .has_max_age = true, .max_age_s = -5 } },
    [7] = { "__Host-id", "abc", { .secure = true, .path = "/" } },
    [8] = { "__Secure-id", "abc", { .secure = true } },
    [9] = { "path", "abc", { .size = sizeof(struct mocket_cookie_opts), .http_only = true } },
    /* refused: */
    [20] = { "", "abc", { 0 } },
    [21] = { "a b", "abc", { 0 } },
    [22] = { "a=b", "abc", { 0 } },
    [23] = { "id", "a;b", { 0 } },
    [24] = { "id", "a\r\nX-Evil: 1", { 0 } },
    [25] = { "id", "a,b", { 0 } },
    [26] = { "id", "a b", { 0 } },
    [27] = { "id", "abc", { .path = "/;Domain=evil" } },
    [28] = { "id", "abc", { .domain = "a;b" } },
    [29] = { "__Host-id", "abc", { .path = "/" } },
    [30] = { "__Host-id", "abc", { .secure = true } },
    [31] = { "__Host-id", "abc", { .secure = true, .path = "/", .domain = "example.com" } },
    [32] = { "__Secure-id", "abc", { 0 } },
    [33] = { "__host-id", "abc", { .path = "/" } },
    [34] = { "id", "a\\b", { 0 } },
    [35] = { "id", "\xc3\xa4", { 0 } },
    [36] = { "id", "abc", { .path = "/\n" } },
    [37] = { "id", "abc", { .partitioned = true } },
};

static const struct row *row_of(mocket_event *e)
{
    size_t i = strtoul(mocket_param(e, "i"), NULL, 10);
    return i < sizeof rows / sizeof *rows && rows[i].name ? &rows[i] : NULL;
}

static int set(mocket_event *e)
{
    const struct row *row = row_of(e);
    if (!row)
        return 404;
    mocket_cookie_set(e, row->name, row->value, &row->opts);
    return mocket_text(e, "set");
}

static int delete_(mocket_event *e)
{
    const struct row *row = row_of(e);
    if (!row)
        return 404;
    mocket_cookie_delete(e, row->name, &row->opts);
    return mocket_text(e, "deleted");
}

static int several(mocket_event *e)
{
    mocket_cookie_set(e, "a", "1", NULL);
    mocket_cookie_set(e, "b", "1", NULL);
    mocket_cookie_set(e, "a", "2", NULL);
    mocket_cookie_set(e, "a", "3", &(struct mocket_cookie_opts){ .path = "/x" });
    mocket_cookie_set(e, "a", "4", &(struct mocket_cookie_opts){ .path = "/x", .domain = "example.com" });
    mocket_cookie_set(e, "a", "5", &(struct mocket_cookie_opts){ .path = "/x", .http_only = true });
    mocket_cookie_set(e, "A", "6", NULL);
    return mocket_text(e, "several");
}

static int set_then_delete(mocket_event *e)
{
    const struct mocket_cookie_opts opts = { .path = "/x" };
    mocket_cookie_set(e, "a", "1", &opts);
    mocket_cookie_delete(e, "a", &opts);
    return mocket_text(e, "gone");
}

static int copied(mocket_event *e)
{
    char value[] = "good";
    mocket_cookie_set(e, "a", value, NULL);
    value[0] = 'f';
    return mocket_text(e, "copied");
}

int main(void)
{
    mocket_app *app = mocket_new();
    mocket_get(app, "/set/:i", set);
    mocket_get(app, "/delete/:i", delete_);
    mocket_get(app, "/several", several);
    mocket_get(app, "/set-delete", set_then_delete);
    mocket_get(app, "/copied", copied);
    return mocket_listen(app, ":4000");
}
