/* Folders are opened once, at the start, and found by descriptor afterwards: who moves a folder away does not change
 * what was granted.
 *
 * Instances of several workers use the same folders at once. Some calls look at a name first and act on it next. A
 * rename by another instance in between would put a device or a folder of links where a plain file was seen. So both
 * steps happen under one lock. Only renames take it alone, and they are not kept waiting by a stream of opens. */
#include "grants.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void init_names(struct guest_grants *g)
{
    pthread_rwlockattr_t fair;
    pthread_rwlockattr_init(&fair);
    pthread_rwlockattr_setkind_np(&fair, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init(&g->names, &fair);
    pthread_rwlockattr_destroy(&fair);
}

static bool is_below(const char *path, const char *folder)
{
    size_t len = strlen(folder);
    len -= len == 1; /* "/" */
    return strncmp(path, folder, len) == 0 && (path[len] == '/' || path[len] == '\0');
}

/* The path of an open folder, without links. */
static bool path_of(const struct guest_dir *dir, char path[PATH_MAX])
{
    char link[40];
    snprintf(link, sizeof link, "/proc/self/fd/%d", dir->fd);
    ssize_t len = readlink(link, path, PATH_MAX - 1);
    if (len > 0)
        path[len] = '\0';
    return len > 0;
}

/* Without paths they may. */
static bool overlap(const struct guest_dir *a, const struct guest_dir *b)
{
    char first[PATH_MAX], second[PATH_MAX];
    return !path_of(a, first) || !path_of(b, second) || is_below(first, second) || is_below(second, first);
}

static bool is_renamed(const struct guest_grants *g, const struct guest_dir *dir)
{
    bool found = dir->writable;
    for (size_t i = 0; i < g->dir_count && !found; i++)
        found = g->dirs[i].writable && overlap(dir, &g->dirs[i]);
    return found;
}

int guest_grants_open(struct guest_grants *g, const struct guest_dir **failed)
{
    for (size_t i = 0; i < g->dir_count; i++) {
        g->dirs[i].fd = -1;
        g->writable |= g->dirs[i].writable;
    }
    if (g->writable)
        init_names(g);
    for (size_t i = 0; i < g->dir_count; i++) {
        g->dirs[i].fd = open(g->dirs[i].host, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (g->dirs[i].fd < 0) {
            *failed = &g->dirs[i];
            return MOCKET_EIO;
        }
    }
    for (size_t i = 0; i < g->dir_count; i++)
        g->dirs[i].renamed = is_renamed(g, &g->dirs[i]);
    return 0;
}

void guest_grants_close(struct guest_grants *g)
{
    for (size_t i = 0; i < g->dir_count; i++)
        if (g->dirs[i].fd >= 0)
            close(g->dirs[i].fd);
    g->dir_count = 0;
    if (g->writable)
        pthread_rwlock_destroy(&g->names);
    g->writable = false;
}

void guest_grants_share_names(struct guest_grants *g)
{
    if (g->writable)
        pthread_rwlock_rdlock(&g->names);
}

void guest_grants_own_names(struct guest_grants *g)
{
    if (g->writable)
        pthread_rwlock_wrlock(&g->names);
}

void guest_grants_free_names(struct guest_grants *g)
{
    if (g->writable)
        pthread_rwlock_unlock(&g->names);
}

bool guest_grants_take_file(struct guest_grants *g)
{
    if (atomic_fetch_sub(&g->files_left, 1) > 0)
        return true;
    guest_grants_give_file(g);
    return false;
}

void guest_grants_give_file(struct guest_grants *g)
{
    atomic_fetch_add(&g->files_left, 1);
}
