#include "environment.h"

#include <errno.h>
#include <sys/random.h>

#include "../../../base/container.h"
#include "../sleep.h"

static uint64_t now_ns(struct mocket_env *env)
{
    (void)env;
    return uv_hrtime();
}

static void log_line(struct mocket_env *env, int level, mocket_span line)
{
    const struct mocket_native_worker *w = MOCKET_CONTAINER_OF(env, struct mocket_native_worker, env);
    mocket__server_log(w->server, level, line);
}

static int fill_random(struct mocket_env *env, void *buf, size_t len)
{
    (void)env;
    char *at = buf;
    while (len > 0) {
        ssize_t n = getrandom(at, len, 0);
        if (n < 0 && errno != EINTR)
            return MOCKET_EIO;
        at += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
    return 0;
}

struct mocket_env mocket__native_environment(const struct mocket_native_worker *w)
{
    return (struct mocket_env){ .now_ns = now_ns,
                                .log = log_line,
                                .random = fill_random,
                                .sleep = mocket__native_sleep,
                                .worker = w->app_worker,
                                .can_fetch = true };
}
