/* Opening below a folder and never beside it, whatever a path says and whatever links lie on its way. */
#ifndef MOCKET_HOSTS_C_GUEST_BENEATH_H
#define MOCKET_HOSTS_C_GUEST_BENEATH_H

#include <stdbool.h>
#include <sys/types.h>

#define BENEATH_PATH_MAX 4096 /* with the NUL */
#define BENEATH_NAME_MAX 256

/* openat with O_CLOEXEC, O_NOCTTY and O_NONBLOCK, beneath dir. A descriptor, or -1 and errno: EXDEV when the path leads
 * out. */
int beneath_open(int dir, const char *path, int flags, mode_t mode);

/* The same, step by step, without a word from the kernel: what beneath_open does where openat2 is missing. It follows
 * no link at all (ELOOP) and takes no `..` (EXDEV). */
int beneath_walk(int dir, const char *path, int flags, mode_t mode);

/* The folder that the last name of a path is in, for what has no flag to stay beneath: rename, unlink ... The name has
 * no slash and is neither empty nor "." nor "..". */
struct beneath_place {
    int parent;
    bool slash; /* the path ended in one: only a folder is meant */
    char name[BENEATH_NAME_MAX];
};
/* 0, or -1 and errno. parent is to be closed after a 0. */
int beneath_find(int dir, const char *path, struct beneath_place *out);

#endif
