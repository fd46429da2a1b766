/* A thread that notices when files have changed. It watches folders, because a new file, or a link, replaces the old
 * one. */
#ifndef MOCKET_NATIVE_TLS_WATCH_H
#define MOCKET_NATIVE_TLS_WATCH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

struct mocket_watch {
    /* Called on the thread: a file may have changed, or somebody asked. Returns when it has looked at the files. */
    void (*changed)(void *data, bool asked);
    void *data;
    const char *const *paths;
    size_t path_count;
    /* its own: */
    uv_thread_t thread;
    int inotify_fd, wake_fd;
    atomic_bool asked, ends;
};

/* The members before "its own" are filled in; paths live as long as the watch. Returns 0 or below zero. */
int mocket__watch_start(struct mocket_watch *w);
/* Calls changed soon. Any thread. */
void mocket__watch_ask(struct mocket_watch *w);
void mocket__watch_stop(struct mocket_watch *w);

#endif
