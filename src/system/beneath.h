/* Opening below a folder and never outside of it, whatever a path says and whatever links lie on its way. The system's
 * files are in linux/ and wasi/. */
#ifndef MOCKET_SYSTEM_BENEATH_H
#define MOCKET_SYSTEM_BENEATH_H

#include <stdbool.h>
#include <sys/types.h>

#define MOCKET_BENEATH_PATH_MAX 4096 /* with the NUL */
#define MOCKET_BENEATH_NAME_MAX 256

/* False: the folder is not there, or may not be opened, and errno says why. In a guest always true: a folder that the
 * host does not grant is not a mistake of the app. */
bool mocket__beneath_is_folder(const char *path);
/* A folder to open below, or -1 and errno. */
int mocket__beneath_folder(const char *path);

/* openat with O_CLOEXEC, O_NOCTTY and O_NONBLOCK, beneath dir: a pipe does not hold the caller up. A descriptor, or -1
 * and errno: EXDEV when the path leads out. */
int mocket__beneath_open(int dir, const char *path, int flags, mode_t mode);

/* Linux only. The same, step by step, without help of the kernel: what mocket__beneath_open does where openat2 is
 * missing. It follows no link at all (ELOOP) and takes no `..` (EXDEV). */
int mocket__beneath_walk(int dir, const char *path, int flags, mode_t mode);

/* Linux only. The folder that the last name of a path is in, for what has no flag to stay beneath: rename, unlink ...
 * The name has no slash and is neither empty nor "." nor "..". */
struct mocket_beneath_place {
    int parent;
    bool slash; /* the path ended in one: only a folder is meant */
    char name[MOCKET_BENEATH_NAME_MAX];
};
/* 0, or -1 and errno. parent is to be closed after a 0. */
int mocket__beneath_find(int dir, const char *path, struct mocket_beneath_place *out);

#endif
