/* From an app and addresses to running workers, and back. Every socket is opened on the caller's thread before any
 * worker runs: a problem is told before anything was served, and readiness is told once. The first worker is the
 * caller.
 *
 * mocket_stop may come from any thread or signal handler, also while the server ends. The backend that it finds in the
 * app therefore lives as long as the app, and ending waits for calls of stop that are under way before handles go. */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "../../base/memory.h"
#include "../../base/span.h"
#include "../../system/beneath.h"
#include "client/outgoing.h"
#include "log.h"
#include "native.h"
#include "server/door.h"
#include "server/worker.h"
#include "thread.h"
#include "tls/tls.h"

/* Not linked with apps that fetch nothing. */
#pragma weak mocket__pool_new

struct backend {
    struct mocket_backend base;
    struct mocket_server *server;
    atomic_bool running;
    atomic_int callers; /* of stop and publish, under way */
};

struct serving {
    struct mocket_server server;
    struct backend *backend;
    struct mocket_tls_opts tls;
    uv_signal_t signals[2], hang_up;
};

/* ---- problems ---- */

static void tell_problem(const struct mocket_native_opts *opts, const char *text)
{
    if (opts->on_problem)
        opts->on_problem(opts->data, text);
    else
        mocket__log_stderr(MOCKET_LOG_ERROR, (mocket_span){ text, strlen(text) });
}

static int problem(const struct mocket_native_opts *opts, int code, const char *text)
{
    tell_problem(opts, text);
    return code;
}

/* ---- stopping ---- */

static void stop(struct mocket_backend *base)
{
    struct backend *b = (struct backend *)base;
    atomic_fetch_add(&b->callers, 1);
    if (atomic_load(&b->running))
        for (int i = 0; i < b->server->worker_count; i++)
            mocket__worker_stop(&b->server->workers[i]);
    atomic_fetch_sub(&b->callers, 1);
}

/* ---- publishing ---- */

/* The first worker from this one on that has subscribers; worker_count: none. */
static int next_wanted(struct mocket_server *s, int i)
{
    while (i < s->worker_count && !mocket__topics_wanted(&s->workers[i].topics))
        i++;
    return i;
}

/* Either every worker that has subscribers gets it, or none does. */
static bool reserve(struct mocket_server *s, struct mocket_published *p, int first)
{
    for (int i = first; i < s->worker_count; i = next_wanted(s, i + 1)) {
        if (!mocket__topics_reserve(&s->workers[i].topics, p)) {
            while (i-- > 0)
                if (p->mails[i].message)
                    mocket__topics_unreserve(&s->workers[i].topics, p);
            return false;
        }
        p->mails[i].message = p;
    }
    return true;
}

static void post(struct mocket_server *s, struct mocket_published *p)
{
    for (int i = 0; i < s->worker_count; i++)
        if (p->mails[i].message) {
            mocket__topics_post(&s->workers[i].topics, p, &p->mails[i]);
            uv_async_send(&s->workers[i].mail_async);
        }
}

static int publish_to_workers(struct mocket_server *s, mocket_span topic, int kind, mocket_span data)
{
    if (data.len > MOCKET_MAILBOX_MAX / 2)
        return MOCKET_ETOOBIG; /* it would never fit beside others */
    int first = next_wanted(s, 0);
    if (first == s->worker_count)
        return 0;
    struct mocket_published *p = mocket__published_new(topic, kind, data, (size_t)s->worker_count);
    if (!p)
        return MOCKET_ENOMEM;
    int rc = !mocket__published_charge(p, s->opts->account) ? MOCKET_ELIMIT : reserve(s, p, first) ? 0 : MOCKET_EAGAIN;
    if (rc == 0)
        post(s, p);
    mocket__published_release(p);
    return rc;
}

static int publish(struct mocket_backend *base, mocket_span topic, int kind, mocket_span data)
{
    struct backend *b = (struct backend *)base;
    int rc = MOCKET_ESTATE;
    atomic_fetch_add(&b->callers, 1);
    if (atomic_load(&b->running))
        rc = publish_to_workers(b->server, topic, kind, data);
    atomic_fetch_sub(&b->callers, 1);
    return rc;
}

void mocket__native_reload(mocket_app *app)
{
    struct backend *b = (struct backend *)__atomic_load_n(&app->root->backend, __ATOMIC_ACQUIRE);
    if (!b)
        return;
    atomic_fetch_add(&b->callers, 1);
    if (atomic_load(&b->running) && b->server->tls)
        mocket__tls_reload(b->server->tls);
    atomic_fetch_sub(&b->callers, 1);
}

static int backend_new(struct serving *s, mocket_app *app)
{
    struct backend *b = mocket__new(sizeof *b);
    struct mocket_owned *owned = b ? mocket__arena_alloc(&app->root->arena, sizeof *owned) : NULL;
    if (!owned) {
        mocket__free(b);
        return MOCKET_ENOMEM;
    }
    *owned = (struct mocket_owned){ b, mocket__free, app->root->owned };
    app->root->owned = owned;
    b->base.stop = stop;
    b->base.publish = publish;
    b->server = &s->server;
    s->backend = b;
    return 0;
}

static void backend_start(struct serving *s)
{
    atomic_store(&s->backend->running, true);
    __atomic_store_n(&s->server.app->root->backend, &s->backend->base, __ATOMIC_RELEASE);
}

static void backend_end(struct serving *s)
{
    if (!s->backend)
        return;
    __atomic_store_n(&s->server.app->root->backend, NULL, __ATOMIC_RELEASE);
    atomic_store(&s->backend->running, false);
    while (atomic_load(&s->backend->callers) > 0)
        sched_yield();
}

/* The first signal stops the server. When it is delivered, the system resets its action to the default one, so the same
 * signal again ends the program, also when no worker's loop runs. The other one of the two then stops it at once. */
static void on_signal(uv_signal_t *handle, int number)
{
    struct serving *s = handle->data;
    (void)number;
    stop(&s->backend->base);
}

static void on_hang_up(uv_signal_t *handle, int number)
{
    struct serving *s = handle->data;
    (void)number;
    mocket__tls_reload(s->server.tls);
}

static int watch_signals(struct serving *s)
{
    static const int numbers[2] = { SIGINT, SIGTERM };
    for (int i = 0; i < 2; i++) {
        if (uv_signal_init(&s->server.workers[0].loop, &s->signals[i]) < 0)
            return MOCKET_EIO;
        s->signals[i].data = s;
        if (uv_signal_start_oneshot(&s->signals[i], on_signal, numbers[i]) < 0)
            return MOCKET_EIO;
    }
    if (!s->server.tls)
        return 0;
    s->hang_up.data = s;
    return uv_signal_init(&s->server.workers[0].loop, &s->hang_up) == 0 &&
                   uv_signal_start(&s->hang_up, on_hang_up, SIGHUP) == 0
               ? 0
               : MOCKET_EIO;
}

/* ---- opening ---- */

static int read_settings(struct mocket_server *s)
{
    const mocket_app *app = s->app;
    s->limits.head_len = (size_t)mocket__app_setting(app, MOCKET_MAX_HEAD);
    s->limits.target_len = (size_t)mocket__app_setting(app, MOCKET_MAX_TARGET);
    s->limits.field_count = (size_t)mocket__app_setting(app, MOCKET_MAX_FIELDS);
    s->max_connections = (size_t)mocket__app_setting(app, MOCKET_MAX_CONNECTIONS);
    int64_t per_address = mocket__app_setting(app, MOCKET_MAX_PER_ADDRESS);
    s->addresses = per_address >= 0 ? mocket__addresses_new((size_t)per_address) : NULL;
    s->grace_ms = mocket__app_setting(app, MOCKET_STOP_GRACE);
    s->body_silence_ms = mocket__app_setting(app, MOCKET_BODY_TIMEOUT);
    s->body_total_ms = mocket__app_setting(app, MOCKET_BODY_TOTAL);
    /* An app that counts on client certificates may be served without TLS: its clients have none then. */
    s->trusts_client_cert = s->opts->tls.client_ca || app->root->client_ca;
    return per_address >= 0 && !s->addresses ? problem(s->opts, MOCKET_ENOMEM, "out of memory") : 0;
}

/* What the process may have, and the limit of connections by it. */
static void share_descriptors(struct mocket_server *s)
{
    const struct mocket_descriptors *given = s->opts->descriptors;
    char text[MOCKET_DESCRIPTORS_TEXT];
    s->descriptors = (struct mocket_descriptors){ .workers = (size_t)s->worker_count,
                                                  .listeners = s->opts->address_count + (s->opts->redirect ? 1 : 0),
                                                  .connections = s->max_connections,
                                                  .files = MOCKET_NATIVE_FILES,
                                                  .outgoing = mocket__pool_new ? MOCKET_NATIVE_OUTGOING : 0 };
    if (given)
        s->descriptors = *given;
    else if (!mocket__native_descriptors(&s->descriptors, text))
        mocket__server_log(s, MOCKET_LOG_WARN, mocket__span(text));
    if (s->descriptors.connections < s->max_connections)
        s->max_connections = s->descriptors.connections;
}

static int open_listener(struct mocket_server *s, const char *address, bool redirects)
{
    char text[MOCKET_PROBLEM_LEN];
    struct mocket_listener *l = &s->listeners[s->listener_count];
    int rc = mocket__listener_open(l, address, s->worker_count, text);
    if (rc < 0)
        return problem(s->opts, rc, text);
    l->redirects = redirects;
    s->listener_count++;
    return 0;
}

static int open_listeners(struct mocket_server *s)
{
    const struct mocket_native_opts *opts = s->opts;
    size_t count = opts->address_count;
    int rc = 0;
    s->listeners = count > 0 ? mocket__new(sizeof *s->listeners * (count + 1)) : NULL;
    if (!s->listeners)
        return problem(opts, count > 0 ? MOCKET_ENOMEM : MOCKET_EINVAL, "there is no address to listen on");
    for (size_t i = 0; i < count && rc == 0; i++)
        rc = open_listener(s, opts->addresses[i], false);
    return rc == 0 && opts->redirect ? open_listener(s, opts->redirect, true) : rc;
}

/* ---- TLS ---- */

static bool any_secure(const struct mocket_native_opts *opts)
{
    bool secure = false;
    for (size_t i = 0; i < opts->address_count; i++)
        secure = secure || mocket__native_is_secure(opts->addresses[i]);
    return secure;
}

/* What asks for TLS, and what TLS needs, belong together. */
static const char *tls_mistake(const struct mocket_native_opts *opts)
{
    const struct mocket_native_tls *tls = &opts->tls;
    if (opts->redirect && mocket__native_is_secure(opts->redirect))
        return "the address that redirects to https must be a plain one";
    if (any_secure(opts))
        return tls->certificates ? NULL : "an https address needs a certificate and its key";
    if (tls->certificates || tls->client_ca || tls->ciphers || tls->least_version)
        return "there are settings of TLS, but no address begins with https://";
    return opts->redirect ? "there is no https address to redirect to" : NULL;
}

static void log_tls(void *data, int level, mocket_span line)
{
    mocket__server_log(data, level, line);
}

static int open_tls(struct serving *s)
{
    struct mocket_server *server = &s->server;
    char text[MOCKET_TLS_PROBLEM_LEN];
    const char *mistake = tls_mistake(server->opts);
    if (mistake)
        return problem(server->opts, MOCKET_EINVAL, mistake);
    if (!any_secure(server->opts))
        return 0;
    s->tls = (struct mocket_tls_opts){
        .files = &server->opts->tls, .protocol = mocket__worker_protocol, .log = log_tls, .data = server
    };
    server->tls = mocket__tls_new(&s->tls, text);
    return server->tls ? 0 : problem(server->opts, MOCKET_EINVAL, text);
}

static int https_port(const struct mocket_server *s)
{
    int port = 0;
    for (size_t i = 0; i < s->listener_count && port == 0; i++)
        port = s->listeners[i].secure ? s->listeners[i].port : 0;
    return port;
}

static int open_door(struct mocket_server *s)
{
    const struct mocket_native_opts *opts = s->opts;
    char text[512];
    if (!opts->redirect && !opts->acme_challenge)
        return 0;
    if (opts->acme_challenge && !mocket__beneath_is_folder(opts->acme_challenge)) {
        snprintf(text, sizeof text, "challenges of ACME: %s: %s", opts->acme_challenge, strerror(errno));
        return problem(opts, MOCKET_EINVAL, text);
    }
    s->door = mocket__door_new(opts->acme_challenge, https_port(s));
    return s->door ? 0 : problem(opts, MOCKET_ENOMEM, "out of memory");
}

static int open_workers(struct mocket_server *s)
{
    s->workers = mocket__new(sizeof *s->workers * (size_t)s->worker_count);
    if (!s->workers)
        return problem(s->opts, MOCKET_ENOMEM, "out of memory");
    for (int i = 0; i < s->worker_count; i++) {
        s->workers[i].server = s;
        s->workers[i].number = i;
        int rc = mocket__worker_open(&s->workers[i]);
        if (rc < 0)
            return problem(s->opts, rc, "an event loop could not be set up");
    }
    return 0;
}

static void run_worker(void *arg)
{
    mocket__worker_run(arg);
}

static int start_threads(struct mocket_server *s)
{
    int rc = 0;
    for (int i = 1; i < s->worker_count && rc == 0; i++) {
        rc = mocket__thread_start(&s->workers[i].thread, run_worker, &s->workers[i]);
        s->workers[i].started = rc == 0;
    }
    return rc == 0 ? 0 : problem(s->opts, MOCKET_EIO, "a worker thread could not be started");
}

/* ---- closing ---- */

static void join_threads(struct mocket_server *s)
{
    for (int i = 1; s->workers && i < s->worker_count; i++)
        if (s->workers[i].started)
            uv_thread_join(&s->workers[i].thread);
}

static void close_server(struct mocket_server *s)
{
    for (int i = 0; s->workers && i < s->worker_count; i++)
        mocket__worker_close(&s->workers[i]);
    for (size_t i = 0; i < s->listener_count; i++)
        mocket__listener_close(&s->listeners[i]);
    mocket__tls_free(s->tls);
    mocket__door_free(s->door);
    mocket__addresses_free(s->addresses);
    mocket__free(s->workers);
    mocket__free(s->listeners);
}

/* ---- ready ---- */

static void tell_ready(const struct mocket_server *s)
{
    char text[1024];
    size_t len = 0;
    for (size_t i = 0; i < s->listener_count; i++) {
        const char *url = s->listeners[i].url;
        size_t url_len = strlen(url);
        if (len + url_len + 3 > sizeof text)
            break;
        if (len > 0)
            text[len++] = ',', text[len++] = ' ';
        memcpy(text + len, url, url_len);
        len += url_len;
    }
    text[len] = '\0';
    if (s->opts->on_ready)
        s->opts->on_ready(s->opts->data, text);
}

static int serve(struct serving *s)
{
    struct mocket_server *server = &s->server;
    int rc = open_tls(s);
    if (rc == 0)
        rc = open_listeners(server);
    if (rc == 0)
        rc = open_door(server);
    if (rc == 0)
        rc = open_workers(server);
    if (rc == 0 && server->opts->signals)
        rc = watch_signals(s);
    if (rc < 0)
        return rc;
    backend_start(s);
    rc = start_threads(server);
    if (rc < 0) {
        stop(&s->backend->base); /* those that did start */
    } else {
        tell_ready(server);
        mocket__worker_run(&server->workers[0]);
    }
    join_threads(server);
    return rc;
}

int mocket__native_serve(mocket_app *app, const struct mocket_native_opts *opts)
{
    struct serving *s;
    int rc = mocket__app_freeze(app);
    if (rc < 0) {
        const char *mistake = mocket_problem(app);
        return problem(opts, rc, mistake ? mistake : "the app is listening already");
    }
    s = mocket__new(sizeof *s);
    if (!s || backend_new(s, app) < 0) {
        mocket__free(s);
        mocket__app_thaw(app);
        return problem(opts, MOCKET_ENOMEM, "out of memory");
    }
    signal(SIGPIPE, SIG_IGN); /* a client that is gone is an error code, not the end of the program */
    s->server.app = app;
    s->server.opts = opts;
    s->server.worker_count = opts->workers > 0 ? opts->workers : (int)mocket__app_setting(app, MOCKET_WORKERS);
    rc = read_settings(&s->server);
    if (rc == 0) {
        share_descriptors(&s->server);
        rc = serve(s);
    }
    backend_end(s);
    close_server(&s->server);
    mocket__free(s);
    mocket__app_thaw(app);
    return rc;
}
