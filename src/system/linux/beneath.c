/* The kernel's openat2 resolves a path and refuses to leave a folder, also while others rename things below it. Where
 * it is missing (before Linux 5.6, or behind an old filter of system calls) each step is opened by itself, without
 * following links: stricter than need be, but as safe. Neither waits: a fifo or a device is opened without blocking,
 * and refused by the caller. */
#include "../beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ALWAYS (O_CLOEXEC | O_NOCTTY)

/* O_PATH takes few other flags, and needs none: it opens nothing. */
static int complete(int flags)
{
    return flags & O_PATH ? flags | O_CLOEXEC : flags | ALWAYS | O_NONBLOCK;
}

/* One step; the name has no slash. */
static int step(int dir, const char *name, int flags, mode_t mode)
{
    if (strcmp(name, "..") == 0) {
        errno = EXDEV;
        return -1;
    }
    return openat(dir, name, complete(flags) | O_NOFOLLOW, mode);
}

/* A link is told as one also where only a folder would do, and where O_PATH would open the link itself. */
static int step_into(int dir, const char *name)
{
    return step(dir, name, O_PATH | O_DIRECTORY, 0);
}

int mocket__beneath_walk(int dir, const char *path, int flags, mode_t mode)
{
    char name[MOCKET_BENEATH_NAME_MAX];
    int at = -1;
    if (path[0] == '/') {
        errno = EXDEV;
        return -1;
    }
    for (;;) {
        size_t len = strcspn(path, "/"), slashes = strspn(path + len, "/");
        if (len >= sizeof name || len == 0) {
            errno = len ? ENAMETOOLONG : ENOENT;
            break;
        }
        memcpy(name, path, len);
        name[len] = '\0';
        path += len + slashes;
        bool last = *path == '\0';
        int next = last ? step(at < 0 ? dir : at, name, slashes ? flags | O_DIRECTORY : flags, mode)
                        : step_into(at < 0 ? dir : at, name);
        if (at >= 0) {
            int why = errno;
            close(at);
            errno = why;
        }
        if (last || next < 0)
            return next;
        at = next;
    }
    int why = errno;
    if (at >= 0)
        close(at);
    errno = why;
    return -1;
}

int mocket__beneath_open(int dir, const char *path, int flags, mode_t mode)
{
    struct open_how how = {
        .flags = (uint64_t)complete(flags),
        .mode = flags & O_CREAT ? mode : 0,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
    };
    for (int tries = 0; tries < 32; tries++) {
        long fd = syscall(SYS_openat2, dir, path, &how, sizeof how);
        if (fd >= 0)
            return (int)fd;
        if (errno == ENOSYS || errno == EPERM) /* EPERM: what old filters answer to calls they do not know */
            return mocket__beneath_walk(dir, path, flags, mode);
        if (errno != EAGAIN && errno != EINTR) /* EAGAIN: something was renamed meanwhile */
            return -1;
    }
    errno = EAGAIN;
    return -1;
}

int mocket__beneath_folder(const char *path)
{
    return open(path, O_RDONLY | O_CLOEXEC | O_DIRECTORY);
}

bool mocket__beneath_is_folder(const char *path)
{
    int fd = mocket__beneath_folder(path);
    return fd >= 0 && close(fd) == 0;
}

int mocket__beneath_find(int dir, const char *path, struct mocket_beneath_place *out)
{
    char folder[MOCKET_BENEATH_PATH_MAX];
    size_t len = strlen(path);
    size_t end = len;
    while (end > 0 && path[end - 1] == '/')
        end--;
    size_t start = end;
    while (start > 0 && path[start - 1] != '/')
        start--;
    out->slash = end < len;
    if (len >= sizeof folder || end - start >= sizeof out->name) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(out->name, path + start, end - start);
    out->name[end - start] = '\0';
    if (end == start || strcmp(out->name, ".") == 0 || strcmp(out->name, "..") == 0) {
        errno = len == 0 ? ENOENT : EINVAL;
        return -1;
    }
    memcpy(folder, start ? path : ".", start ? start : 1);
    folder[start ? start : 1] = '\0';
    out->parent = mocket__beneath_open(dir, folder, O_PATH | O_DIRECTORY, 0);
    return out->parent < 0 ? -1 : 0;
}
