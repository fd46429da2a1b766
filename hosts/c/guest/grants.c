/* Folders are opened once, at the start, and found by descriptor afterwards: who moves a folder away does not change
 * what was granted.
 *
 * Instances of several workers use the same folders at once. Some calls look at a name first and act on it next. A
 * rename by another instance in between would put a device or a folder of links where a plain file was seen. So both
 * steps happen under one lock. Only renames take it alone, and they are not kept waiting by a stream of opens. */
#include "grants.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static void init_names(struct guest_grants *g)
{
    pthread_rwlockattr_t fair;
    pthread_rwlockattr_init(&fair);
    pthread_rwlockattr_setkind_np(&fair, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init(&g->names, &fair);
    pthread_rwlockattr_destroy(&fair);
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
