/* The certificates of a server. New files become a new set, which replaces the present one when all of it is good;
 * connections that began with the old set keep it until their handshake is over. */
#include "tls.h"

#include <stdio.h>
#include <string.h>

#include "../../../base/memory.h"
#include "inside.h"

struct mocket_certificates *mocket__tls_certificates(struct mocket_tls *tls)
{
    uv_mutex_lock(&tls->lock);
    struct mocket_certificates *set = tls->present;
    mocket__certificates_keep(set);
    uv_mutex_unlock(&tls->lock);
    return set;
}

/* ---- Reading again ---- */

static void say(const struct mocket_tls *tls, int level, const char *text, const char *why)
{
    char line[MOCKET_TLS_PROBLEM_LEN + 128];
    snprintf(line, sizeof line, "%s%s", text, why);
    tls->opts->log(tls->opts->data, level, (mocket_span){ line, strlen(line) });
}

static void replace(struct mocket_tls *tls, struct mocket_certificates *fresh)
{
    uv_mutex_lock(&tls->lock);
    struct mocket_certificates *old = tls->present;
    tls->present = fresh;
    uv_mutex_unlock(&tls->lock);
    mocket__certificates_drop(old);
}

/* Only the watch's thread replaces the present set, so that it may be looked at without the lock here. Files that were
 * refused once are refused in silence, unless somebody asked. */
static void read_again(struct mocket_tls *tls, const struct mocket_certificate_files *files, bool asked)
{
    char problem[MOCKET_TLS_PROBLEM_LEN];
    bool same = memcmp(files->hash, tls->present->hash, sizeof files->hash) == 0;
    bool known = memcmp(files->hash, tls->refused, sizeof files->hash) == 0;
    if (same && asked)
        say(tls, MOCKET_LOG_INFO, "certificates: the files have not changed", "");
    memset(tls->refused, 0, sizeof tls->refused);
    if (same)
        return;
    struct mocket_certificates *fresh = mocket__certificates_new(files, tls->opts, &tls->tickets, problem);
    if (fresh) {
        replace(tls, fresh);
        say(tls, MOCKET_LOG_INFO, "certificates: reloaded", "");
        return;
    }
    memcpy(tls->refused, files->hash, sizeof tls->refused);
    if (!known || asked)
        say(tls, MOCKET_LOG_WARN, "certificates: not reloaded, the previous ones stay in use: ", problem);
}

static void on_changed(void *data, bool asked)
{
    struct mocket_tls *tls = data;
    struct mocket_certificate_files files;
    int rc = mocket__certificate_files_read(&files, tls->opts->files);
    if (rc == 0)
        read_again(tls, &files, asked);
    else
        say(tls, MOCKET_LOG_WARN, "certificates: not reloaded: ", "out of memory");
    mocket__certificate_files_release(&files);
}

void mocket__tls_reload(struct mocket_tls *tls)
{
    mocket__watch_ask(&tls->watch);
}

/* ---- Life ---- */

static bool start_watch(struct mocket_tls *tls, const struct mocket_certificate_files *files)
{
    tls->paths = mocket__new(files->count * sizeof *tls->paths);
    if (!tls->paths)
        return false;
    for (size_t i = 0; i < files->count; i++)
        tls->paths[i] = files->all[i].path;
    tls->watch.changed = on_changed;
    tls->watch.data = tls;
    tls->watch.paths = tls->paths;
    tls->watch.path_count = files->count;
    return mocket__watch_start(&tls->watch) == 0;
}

static bool open_files(struct mocket_tls *tls, char problem[MOCKET_TLS_PROBLEM_LEN])
{
    struct mocket_certificate_files files;
    snprintf(problem, MOCKET_TLS_PROBLEM_LEN, "certificates: out of memory");
    if (mocket__certificate_files_read(&files, tls->opts->files) == 0)
        tls->present = mocket__certificates_new(&files, tls->opts, &tls->tickets, problem);
    bool ok = tls->present && start_watch(tls, &files);
    if (tls->present && !ok)
        snprintf(problem, MOCKET_TLS_PROBLEM_LEN, "certificates: the thread that watches the files cannot be started");
    mocket__certificate_files_release(&files);
    return ok;
}

static void release(struct mocket_tls *tls)
{
    mocket__certificates_drop(tls->present);
    mocket__tickets_release(&tls->tickets);
    uv_mutex_destroy(&tls->lock);
    BIO_meth_free(tls->method);
    mocket__free(tls->paths);
    mocket__free(tls);
}

struct mocket_tls *mocket__tls_new(const struct mocket_tls_opts *opts, char problem[MOCKET_TLS_PROBLEM_LEN])
{
    struct mocket_tls *tls = mocket__new(sizeof *tls);
    BIO_METHOD *method = tls ? mocket__transport_tls_method() : NULL;
    snprintf(problem, MOCKET_TLS_PROBLEM_LEN, "certificates: out of memory");
    if (!method || !mocket__tickets_init(&tls->tickets)) {
        BIO_meth_free(method);
        mocket__free(tls);
        return NULL;
    }
    tls->opts = opts;
    tls->method = method;
    uv_mutex_init(&tls->lock);
    if (open_files(tls, problem))
        return tls;
    release(tls);
    return NULL;
}

void mocket__tls_free(struct mocket_tls *tls)
{
    if (!tls)
        return;
    mocket__watch_stop(&tls->watch);
    release(tls);
}
