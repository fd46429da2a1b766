/* A renewal writes several files: changed is called when nothing more has happened for SETTLE_MS, or SETTLE_MOST_MS
 * after the first change. Folders without such events (network file systems) are looked at each LOOK_MS. */
#include "watch.h"

#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <mocket.h>

#include "../../../base/deadline.h"
#include "../thread.h"

#define SETTLE_MS 200
#define SETTLE_MOST_MS 2000
#define LOOK_MS 60000
#define EVENTS (IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ATTRIB | IN_ONLYDIR)

static void watch_folder_of(const struct mocket_watch *w, const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t len = slash ? (size_t)(slash - path) : 1;
    if (len >= sizeof folder)
        return;
    memcpy(folder, slash ? path : ".", len);
    folder[len] = '\0';
    inotify_add_watch(w->inotify_fd, len > 0 ? folder : "/", EVENTS);
}

/* Links may point elsewhere by now. A folder that is watched already stays watched once. */
static void watch_folders(const struct mocket_watch *w)
{
    char real[PATH_MAX];
    for (size_t i = 0; w->inotify_fd >= 0 && i < w->path_count; i++) {
        watch_folder_of(w, w->paths[i]);
        if (realpath(w->paths[i], real))
            watch_folder_of(w, real);
    }
}

static uint64_t now_ms(void)
{
    return uv_hrtime() / MOCKET_MS_NS;
}

static void empty(int fd)
{
    char bytes[4096];
    while (read(fd, bytes, sizeof bytes) > 0)
        continue;
}

/* Waits for an event. Returns false when the time is up. */
static bool wait_event(const struct mocket_watch *w, int wait_ms)
{
    struct pollfd fds[] = { { .fd = w->wake_fd, .events = POLLIN }, { .fd = w->inotify_fd, .events = POLLIN } };
    if (poll(fds, 2, wait_ms) <= 0)
        return false;
    if (fds[0].revents)
        empty(w->wake_fd);
    if (fds[1].revents)
        empty(w->inotify_fd);
    return true;
}

/* Returns when nothing has happened for a while. */
static void let_settle(struct mocket_watch *w)
{
    uint64_t end_ms = now_ms() + SETTLE_MOST_MS;
    while (!atomic_load(&w->asked) && !atomic_load(&w->ends) && now_ms() < end_ms && wait_event(w, SETTLE_MS))
        continue;
}

static void run(void *arg)
{
    struct mocket_watch *w = arg;
    while (!atomic_load(&w->ends)) {
        if (wait_event(w, LOOK_MS))
            let_settle(w);
        if (atomic_load(&w->ends))
            return;
        watch_folders(w);
        w->changed(w->data, atomic_exchange(&w->asked, false));
    }
}

static void wake(struct mocket_watch *w)
{
    uint64_t one = 1;
    ssize_t n = write(w->wake_fd, &one, sizeof one);
    (void)n; /* it cannot be full */
}

int mocket__watch_start(struct mocket_watch *w)
{
    w->inotify_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    w->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    watch_folders(w);
    int rc = w->wake_fd < 0 ? MOCKET_EIO : mocket__thread_start(&w->thread, run, w);
    if (rc == 0)
        return 0;
    if (w->wake_fd >= 0)
        close(w->wake_fd);
    if (w->inotify_fd >= 0)
        close(w->inotify_fd);
    return MOCKET_EIO;
}

void mocket__watch_ask(struct mocket_watch *w)
{
    atomic_store(&w->asked, true);
    wake(w);
}

void mocket__watch_stop(struct mocket_watch *w)
{
    atomic_store(&w->ends, true);
    wake(w);
    uv_thread_join(&w->thread);
    close(w->wake_fd);
    if (w->inotify_fd >= 0)
        close(w->inotify_fd);
}
