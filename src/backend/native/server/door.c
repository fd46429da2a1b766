/* An app of its own, with one handler: everything that an answer needs is there already. */
#include "door.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../../base/memory.h"
#include "../../../base/span.h"
#include "../../../core/app.h"
#include "../../../core/event.h"
#include "../../../core/request.h"
#include "../../../system/beneath.h"

#define HTTPS_PORT 443
#define TOKEN_MAX 255
#define CHALLENGE_MAX 4096 /* bytes of an answer to a challenge; they have about 90 */

/* ---- Challenges ---- */

/* A token is base64url text (RFC 8555, section 8.3), so that no other file can be named. */
static bool is_token(const char *text)
{
    size_t len = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");
    return len > 0 && len <= TOKEN_MAX && text[len] == '\0';
}

static int open_challenge(const struct mocket_door *d, const char *token)
{
    char path[sizeof MOCKET_CHALLENGES + TOKEN_MAX];
    stpcpy(stpcpy(path, &MOCKET_CHALLENGES[1]), token);
    int folder = mocket__beneath_folder(d->challenges);
    int fd = folder >= 0 ? mocket__beneath_open(folder, path, O_RDONLY, 0) : -1;
    if (folder >= 0)
        close(folder);
    return fd;
}

static int answer_challenge(mocket_event *e, const struct mocket_door *d, const char *token)
{
    struct stat st;
    char *text = mocket_mem(e, CHALLENGE_MAX);
    int fd = text && is_token(token) ? open_challenge(d, token) : -1;
    bool regular = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= CHALLENGE_MAX;
    ssize_t len = regular ? read(fd, text, CHALLENGE_MAX) : -1;
    if (fd >= 0)
        close(fd);
    return len < 0 ? 404 : mocket_bytes(e, (mocket_span){ text, (size_t)len }, "application/octet-stream");
}

/* ---- Redirects ---- */

/* The host without its port. */
static mocket_span host_of(mocket_span authority)
{
    size_t end = authority.len;
    while (end > 0 && authority.ptr[end - 1] >= '0' && authority.ptr[end - 1] <= '9')
        end--;
    return end > 0 && authority.ptr[end - 1] == ':' ? mocket__span_slice(authority, 0, end - 1) : authority;
}

static int redirect(mocket_event *e, const struct mocket_door *d)
{
    mocket_span host = host_of(e->req->message.authority), target = e->req->message.target;
    char port[8] = "";
    if (host.len == 0 || target.len == 0 || target.ptr[0] != '/')
        return 400;
    if (d->https_port != HTTPS_PORT)
        snprintf(port, sizeof port, ":%d", d->https_port);
    const char *url =
        mocket_format(e, "https://%.*s%s%.*s", (int)host.len, host.ptr, port, (int)target.len, target.ptr);
    return url ? mocket_redirect(e, 308, url) : MOCKET_ENOMEM;
}

static int answer(mocket_event *e)
{
    const struct mocket_door *d = mocket_data(e);
    const char *path = mocket_path(e);
    size_t len = strlen(MOCKET_CHALLENGES);
    if (d->challenges && path && strncmp(path, MOCKET_CHALLENGES, len) == 0)
        return answer_challenge(e, d, path + len);
    return redirect(e, d);
}

/* ---- The promises of the header ---- */

struct mocket_door *mocket__door_new(const char *challenges, int https_port)
{
    struct mocket_door *d = mocket__new(sizeof *d);
    if (!d)
        return NULL;
    *d = (struct mocket_door){ .app = mocket_new(), .challenges = challenges, .https_port = https_port };
    mocket_use(d->app, NULL, answer, d);
    if (mocket__app_freeze(d->app) == 0)
        return d;
    mocket_free(d->app);
    mocket__free(d);
    return NULL;
}

void mocket__door_free(struct mocket_door *d)
{
    if (!d)
        return;
    mocket__app_thaw(d->app);
    mocket_free(d->app);
    mocket__free(d);
}

bool mocket__door_takes(const struct mocket_door *d, mocket_span target, bool redirects)
{
    size_t len = strlen(MOCKET_CHALLENGES);
    return redirects || (d->challenges && target.len >= len && memcmp(target.ptr, MOCKET_CHALLENGES, len) == 0);
}
