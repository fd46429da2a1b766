/* An app under construction and at work.
 *
 * Registration returns nothing: the app keeps the text of the first mistake, and mocket_listen reports it. All groups
 * share the root's tables, so a request uses one list of middlewares and one router for all groups. Freezing ends
 * registration: from then on workers read the tables without locks. */
#include "app.h"

#include "../base/check.h"
#include "../base/memory.h"
#include "../base/span.h"
#include "../http/url.h"
#include "coverage.h"

static const int64_t initial_settings[MOCKET_SETTING_COUNT] = {
#define SETTING_VALUE(name, value, least, most, unlimited) value,
    MOCKET_SETTINGS(SETTING_VALUE)
#undef SETTING_VALUE
};

/* What only mocket_set needs: a guest that does not call it has none of this. */
struct setting_row {
    const char *name;
    int64_t least, most;
    bool unlimited;
};

static const struct setting_row setting_rows[MOCKET_SETTING_COUNT] = {
#define SETTING_ROW(name, value, least, most, unlimited) { "MOCKET_" #name, least, most, unlimited },
    MOCKET_SETTINGS(SETTING_ROW)
#undef SETTING_ROW
};

/* The result of mocket_new when out of memory: every call with it does nothing. */
static const mocket_app no_app = { NULL, "" };

void mocket__app_problem(mocket_app *app, const char *what, const char *which)
{
    struct mocket_root *root = app->root;
    if (!root || root->problem)
        return;
    size_t len = strlen(what) + strlen(which);
    char *text = mocket__arena_zero(&root->arena, len + 1);
    if (text) {
        memcpy(text, what, strlen(what));
        memcpy(text + strlen(what), which, strlen(which));
    }
    root->problem = text ? text : "out of memory";
}

bool mocket__app_open_for(mocket_app *app, const char *what)
{
    if (!app->root)
        return false;
    if (app->root->frozen)
        mocket__app_problem(app, what, ": the app is listening already");
    return !app->root->frozen;
}

mocket_app *mocket_new(void)
{
    struct mocket_root *root = mocket__new(sizeof *root);
    if (!root)
        return (mocket_app *)&no_app;
    mocket__arena_init(&root->arena, 2048);
    root->router.arena = &root->arena;
    memcpy(root->settings, initial_settings, sizeof initial_settings);
    mocket_app *app = mocket__arena_alloc(&root->arena, sizeof *app);
    if (!app) {
        mocket__free(root);
        return (mocket_app *)&no_app;
    }
    *app = (mocket_app){ root, "" };
    return app;
}

void mocket_free(mocket_app *app)
{
    if (!app || !app->root || app->root->frozen || app->base[0] != '\0')
        return; /* groups go with their root */
    struct mocket_root *root = app->root;
    for (struct mocket_owned *o = root->owned; o; o = o->next)
        o->drop(o->ptr);
    mocket__arena_release(&root->arena);
    mocket__free(root);
}

const char *mocket_problem(const mocket_app *app)
{
    return app->root ? app->root->problem : "out of memory";
}

/* Joins base and path. NULL when out of memory, which is reported. */
static const char *full_path(mocket_app *app, const char *path)
{
    size_t base_len = strlen(app->base), path_len = strlen(path);
    char *full = mocket__arena_alloc(&app->root->arena, base_len + path_len + 1);
    if (!full) {
        mocket__app_problem(app, "out of memory", "");
        return NULL;
    }
    memcpy(full, app->base, base_len);
    memcpy(full + base_len, path, path_len + 1);
    return full;
}

/* Returns false for a template that begins with neither a slash nor a wildcard: it matches no path, so it is a
 * mistake. */
static bool can_match(const char *path)
{
    return path[0] == '/' || path[0] == '*' || path[0] == ':';
}

void mocket_on(mocket_app *app, const char *method, const char *path, mocket_handler *fn, void *data)
{
    if (!mocket__app_open_for(app, "mocket_on"))
        return;
    if (!method || !path || !fn) {
        mocket__app_problem(app, "mocket_on: method, path or handler is NULL", "");
        return;
    }
    if (strcmp(method, "*") != 0 && !mocket__is_token(mocket__span(method))) {
        mocket__app_problem(app, "mocket_on: not a method: ", method);
        return;
    }
    const char *full = full_path(app, path);
    if (!full)
        return;
    if (!can_match(full)) {
        mocket__app_problem(app, "a path must begin with a slash: ", full);
        return;
    }
    if (mocket__router_add(&app->root->router, mocket__span(method), mocket__span(full), fn, data) < 0)
        mocket__app_problem(app, "out of memory", "");
}

void mocket_get(mocket_app *app, const char *path, mocket_handler *fn)
{
    mocket_on(app, "GET", path, fn, NULL);
}

void mocket_post(mocket_app *app, const char *path, mocket_handler *fn)
{
    mocket_on(app, "POST", path, fn, NULL);
}

void mocket_put(mocket_app *app, const char *path, mocket_handler *fn)
{
    mocket_on(app, "PUT", path, fn, NULL);
}

void mocket_patch(mocket_app *app, const char *path, mocket_handler *fn)
{
    mocket_on(app, "PATCH", path, fn, NULL);
}

void mocket_delete(mocket_app *app, const char *path, mocket_handler *fn)
{
    mocket_on(app, "DELETE", path, fn, NULL);
}

void mocket_head(mocket_app *app, const char *path, mocket_handler *fn)
{
    mocket_on(app, "HEAD", path, fn, NULL);
}

void mocket_options(mocket_app *app, const char *path, mocket_handler *fn)
{
    mocket_on(app, "OPTIONS", path, fn, NULL);
}

void mocket_all(mocket_app *app, const char *path, mocket_handler *fn)
{
    mocket_on(app, "*", path, fn, NULL);
}

mocket_app *mocket_group(mocket_app *app, const char *base)
{
    if (!mocket__app_open_for(app, "mocket_group"))
        return app;
    if (!base || !base[0]) {
        if (!base)
            mocket__app_problem(app, "mocket_group: base is NULL", "");
        return app;
    }
    mocket_app *group = mocket__arena_alloc(&app->root->arena, sizeof *group);
    const char *full = group ? full_path(app, base) : NULL;
    if (!full) {
        mocket__app_problem(app, "out of memory", "");
        return app;
    }
    *group = (mocket_app){ app->root, full };
    return group;
}

void mocket_on_error(mocket_app *app, mocket_error_handler *fn, void *data)
{
    if (!mocket__app_open_for(app, "mocket_on_error"))
        return;
    app->root->on_error = fn;
    app->root->on_error_data = data;
}

void mocket_on_worker(mocket_app *app, void *(*start)(void *data), mocket_drop *stop, void *data)
{
    if (!mocket__app_open_for(app, "mocket_on_worker"))
        return;
    app->root->worker_hook = (struct mocket_worker_hook){ start, stop, data };
}

static void drop_free(void *ptr)
{
    mocket__free(ptr);
}

void mocket_tls_certificate(mocket_app *app, const char *certificate, const char *key)
{
    if (!mocket__app_open_for(app, "mocket_tls_certificate"))
        return;
    struct mocket_root *root = app->root;
    if (!certificate || !key) {
        mocket__app_problem(app, "mocket_tls_certificate: certificate or key is NULL", "");
        return;
    }
    struct mocket_certificate *row = mocket__arena_alloc(&root->arena, sizeof *row);
    const char *names[] = { mocket_app_text(app, certificate), mocket_app_text(app, key) };
    if (!row || !names[0] || !names[1]) {
        mocket__app_problem(app, "out of memory", "");
        return;
    }
    *row = (struct mocket_certificate){ names[0], names[1], NULL };
    *(root->last_certificate ? &root->last_certificate->next : &root->certificates) = row;
    root->last_certificate = row;
}

void mocket_tls_client_ca(mocket_app *app, const char *file)
{
    if (!mocket__app_open_for(app, "mocket_tls_client_ca"))
        return;
    if (file)
        app->root->client_ca = mocket_app_text(app, file);
    else
        mocket__app_problem(app, "mocket_tls_client_ca: file is NULL", "");
}

void mocket_own(mocket_app *app, void *ptr, mocket_drop *drop)
{
    struct mocket_owned *o = app->root ? mocket__arena_alloc(&app->root->arena, sizeof *o) : NULL;
    if (!o) { /* the app took ownership of it: it must not leak */
        mocket__app_problem(app, "out of memory", "");
        (drop ? drop : drop_free)(ptr);
        return;
    }
    *o = (struct mocket_owned){ ptr, drop ? drop : drop_free, app->root->owned };
    app->root->owned = o;
}

/* ---- for middlewares and other extensions ---- */

void mocket_mistake(mocket_app *app, const char *text)
{
    mocket__app_problem(app, text ? text : "a mistake without a text", "");
}

const char *mocket_base(const mocket_app *app)
{
    return app->base;
}

void *mocket_app_mem(mocket_app *app, size_t len)
{
    if (!mocket__app_open_for(app, "mocket_app_mem"))
        return NULL;
    void *mem = mocket__arena_zero(&app->root->arena, len);
    if (!mem)
        mocket__app_problem(app, "out of memory", "");
    return mem;
}

char *mocket_app_text(mocket_app *app, const char *text)
{
    char *copy = text ? mocket_app_mem(app, strlen(text) + 1) : NULL;
    if (copy)
        memcpy(copy, text, strlen(text) + 1);
    return copy;
}

void mocket_set(mocket_app *app, enum mocket_setting what, int64_t value)
{
    if (!mocket__app_open_for(app, "mocket_set"))
        return;
    if ((unsigned)what >= MOCKET_SETTING_COUNT) {
        mocket__app_problem(app, "mocket_set: no such setting", "");
        return;
    }
    const struct setting_row *row = &setting_rows[what];
    bool fits = value >= row->least && value <= row->most;
    if (!fits && !(row->unlimited && value == MOCKET_UNLIMITED)) {
        mocket__app_problem(app, "mocket_set: the value is out of range: ", row->name);
        return;
    }
    app->root->settings[what] = value;
}

int mocket__app_freeze(mocket_app *app)
{
    if (!app->root)
        return MOCKET_ENOMEM;
    if (app->root->problem)
        return strcmp(app->root->problem, "out of memory") == 0 ? MOCKET_ENOMEM : MOCKET_EINVAL;
    if (app->root->frozen)
        return MOCKET_ESTATE;
    MOCKET_CHECK_CALL(mocket__router_check(&app->root->router));
    if (app->root->coverage)
        app->root->coverage->prepare(app->root);
    app->root->frozen = true;
    return 0;
}

void mocket__app_thaw(mocket_app *app)
{
    app->root->frozen = false;
}

void *mocket__app_worker_start(const mocket_app *app)
{
    const struct mocket_worker_hook *hook = &app->root->worker_hook;
    return hook->start ? hook->start(hook->data) : NULL;
}

void mocket__app_worker_stop(const mocket_app *app, void *worker)
{
    const struct mocket_worker_hook *hook = &app->root->worker_hook;
    if (hook->stop)
        hook->stop(worker);
}
