/* Folders are opened once, at the start, and found by descriptor afterwards: who moves a folder away does not change
 * what was granted.
 *
 * Descriptors are the whole process's, and connections need them too: guests get a quarter. */
#include "grants.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#define SHARE 4
#define FILES_DEFAULT 256

static int files_allowed(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) < 0 || files.rlim_cur == RLIM_INFINITY || files.rlim_cur > INT32_MAX)
        return FILES_DEFAULT;
    return (int)(files.rlim_cur / SHARE);
}

int guest_grants_open(struct guest_grants *g, const struct guest_dir **failed)
{
    atomic_store(&g->files_left, files_allowed());
    for (size_t i = 0; i < g->dir_count; i++)
        g->dirs[i].fd = -1;
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
}
