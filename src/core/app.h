/* The app, during registration and while it serves. Groups are views of the app: they share the root's tables. */
#ifndef MOCKET_CORE_APP_H
#define MOCKET_CORE_APP_H

#include "../base/arena.h"
#include "../http/forwarded.h"
#include "router.h"

/* Setting, default, smallest, largest; MOCKET_UNLIMITED allowed. One row per enum mocket_setting, in its order. */
#define MOCKET_SETTINGS(X)                                                                                             \
    X(MAX_BODY, 1048576, 0, INT64_MAX, 1)                                                                              \
    X(REUSE, MOCKET_REUSE_SERIAL, 0, 2, 0)                                                                             \
    X(AUTO_HEAD, 1, 0, 1, 0)                                                                                           \
    X(AUTO_OPTIONS, 1, 0, 1, 0)                                                                                        \
    X(METHOD_NOT_ALLOWED, 1, 0, 1, 0)                                                                                  \
    X(WORKERS, 1, 1, 1024, 0)                                                                                          \
    X(MAX_HEAD, 32768, 1024, 1048576, 0)                                                                               \
    X(MAX_TARGET, 8192, 64, 1048576, 0)                                                                                \
    X(MAX_FIELDS, 100, 1, 10000, 0)                                                                                    \
    X(MAX_CONNECTIONS, 10000, 1, INT32_MAX, 0)                                                                         \
    X(MAX_PER_ADDRESS, MOCKET_UNLIMITED, 1, INT32_MAX, 1)                                                              \
    X(HEAD_TIMEOUT, 10000, 1, INT32_MAX, 1)                                                                            \
    X(BODY_TIMEOUT, 30000, 1, INT32_MAX, 1)                                                                            \
    X(BODY_TOTAL, 30000, 1, INT32_MAX, 1)                                                                              \
    X(WRITE_TIMEOUT, 30000, 1, INT32_MAX, 1)                                                                           \
    X(IDLE_TIMEOUT, 60000, 1, INT32_MAX, 1)                                                                            \
    X(LINGER_TIMEOUT, 5000, 0, INT32_MAX, 0)                                                                           \
    X(LINGER_TOTAL, 30000, 0, INT32_MAX, 0)                                                                            \
    X(STOP_GRACE, 10000, 0, INT32_MAX, 1)                                                                              \
    X(MAX_MESSAGE, 1048576, 0, INT64_MAX, 1)                                                                           \
    X(MAX_BACKLOG, 1048576, 1024, INT64_MAX, 0)                                                                        \
    X(WS_TIMEOUT, 60000, 1, INT32_MAX, 1)                                                                              \
    X(REPLAY_SOCKETS, 0, 0, 1, 0)                                                                                      \
    X(HANDSHAKE_TIMEOUT, 10000, 1, INT32_MAX, 1)

enum {
#define MOCKET_SETTING_INDEX(name, value, least, most, unlimited) MOCKET_SETTING_##name,
    MOCKET_SETTINGS(MOCKET_SETTING_INDEX)
#undef MOCKET_SETTING_INDEX
        MOCKET_SETTING_COUNT
};

struct mocket_selection; /* coverage.h */
struct mocket_coverage;  /* coverage.h */

struct mocket_middleware {
    mocket_handler *fn;
    void *data;
    mocket_span scope; /* canonical, "" covers everything */
    mocket_span raw;   /* as it was registered */
};

struct mocket_worker_hook {
    void *(*start)(void *data);
    mocket_drop *stop;
    void *data;
};

struct mocket_owned {
    void *ptr;
    mocket_drop *drop;
    struct mocket_owned *next;
};

/* Names of files. */
struct mocket_certificate {
    const char *certificate, *key;
    struct mocket_certificate *next;
};

/* Shared by an app and its groups. */
struct mocket_root {
    struct mocket_arena arena; /* templates, groups, tables; lives as long as the app */
    struct mocket_router router;
    struct mocket_middleware *middlewares;
    size_t middleware_count, middleware_cap;
    bool scoped;                            /* some middleware has a scope: the canonical path is needed */
    const struct mocket_coverage *coverage; /* chooses among the middlewares; NULL: there is none */
    mocket_error_handler *on_error;
    void *on_error_data;
    struct mocket_worker_hook worker_hook;
    struct mocket_owned *owned;
    struct mocket_networks trusted;                             /* of mocket_trust_proxy */
    struct mocket_certificate *certificates, *last_certificate; /* of mocket_tls_certificate */
    const char *client_ca;                                      /* of mocket_tls_client_ca; NULL */
    int64_t settings[MOCKET_SETTING_COUNT];
    const char *problem; /* the first mistake */
    bool frozen;         /* listening: registration is a mistake, freeing does nothing */
    /* Called for each request, before its handlers; NULL: nothing is traced (trace.h). */
    void (*trace)(mocket_event *e, const struct mocket_route *route, const struct mocket_selection *middlewares);
    struct mocket_backend *backend; /* backend.h; of the running mocket_listen, for mocket_stop; NULL */
};

struct mocket_app {
    struct mocket_root *root;
    const char *base; /* base path, "" for the root */
};

/* Ends registration. Returns 0; MOCKET_EINVAL or MOCKET_ENOMEM if there was a mistake (mocket_problem); MOCKET_ESTATE
 * if the app is frozen already. Backends call it first. */
int mocket__app_freeze(mocket_app *app);
/* The backend has finished: the app may be freed or listen again. */
void mocket__app_thaw(mocket_app *app);

/* Stores the first mistake of registration: what, then which. */
void mocket__app_problem(mocket_app *app, const char *what, const char *which);
/* Returns whether the app can still be changed. If not, that is a mistake of the function `what`. */
bool mocket__app_open_for(mocket_app *app, const char *what);

static inline int64_t mocket__app_setting(const mocket_app *app, enum mocket_setting what)
{
    return app->root->settings[what];
}

/* mocket_on_worker's hook in this worker. */
void *mocket__app_worker_start(const mocket_app *app);
void mocket__app_worker_stop(const mocket_app *app, void *worker);

#endif
