/* The files that an instance has open: preview 1's descriptors from 3 on. The granted folders come first. */
#ifndef MOCKET_HOSTS_C_GUEST_FILES_H
#define MOCKET_HOSTS_C_GUEST_FILES_H

#include <stdbool.h>
#include <stdint.h>

#include "grants.h"

#define GUEST_FILES_MAX 64u /* of an instance, granted folders included */

/* The specification's rights, as far as there is something behind them. */
#define GUEST_RIGHT_DATASYNC (UINT64_C(1) << 0)
#define GUEST_RIGHT_READ (UINT64_C(1) << 1)
#define GUEST_RIGHT_SEEK (UINT64_C(1) << 2)
#define GUEST_RIGHT_SET_FLAGS (UINT64_C(1) << 3)
#define GUEST_RIGHT_SYNC (UINT64_C(1) << 4)
#define GUEST_RIGHT_TELL (UINT64_C(1) << 5)
#define GUEST_RIGHT_WRITE (UINT64_C(1) << 6)
#define GUEST_RIGHT_ADVISE (UINT64_C(1) << 7)
#define GUEST_RIGHT_CREATE_DIRECTORY (UINT64_C(1) << 9)
#define GUEST_RIGHT_CREATE_FILE (UINT64_C(1) << 10)
#define GUEST_RIGHT_OPEN (UINT64_C(1) << 13)
#define GUEST_RIGHT_READDIR (UINT64_C(1) << 14)
#define GUEST_RIGHT_READLINK (UINT64_C(1) << 15)
#define GUEST_RIGHT_RENAME_SOURCE (UINT64_C(1) << 16)
#define GUEST_RIGHT_RENAME_TARGET (UINT64_C(1) << 17)
#define GUEST_RIGHT_PATH_STAT (UINT64_C(1) << 18)
#define GUEST_RIGHT_PATH_SET_SIZE (UINT64_C(1) << 19)
#define GUEST_RIGHT_PATH_SET_TIMES (UINT64_C(1) << 20)
#define GUEST_RIGHT_STAT (UINT64_C(1) << 21)
#define GUEST_RIGHT_SET_SIZE (UINT64_C(1) << 22)
#define GUEST_RIGHT_SET_TIMES (UINT64_C(1) << 23)
#define GUEST_RIGHT_REMOVE_DIRECTORY (UINT64_C(1) << 25)
#define GUEST_RIGHT_UNLINK (UINT64_C(1) << 26)

#define GUEST_RIGHTS_READING                                                                                           \
    (GUEST_RIGHT_READ | GUEST_RIGHT_SEEK | GUEST_RIGHT_TELL | GUEST_RIGHT_SET_FLAGS | GUEST_RIGHT_ADVISE |             \
     GUEST_RIGHT_OPEN | GUEST_RIGHT_READDIR | GUEST_RIGHT_READLINK | GUEST_RIGHT_PATH_STAT | GUEST_RIGHT_STAT)
#define GUEST_RIGHTS_WRITING                                                                                           \
    (GUEST_RIGHT_DATASYNC | GUEST_RIGHT_SYNC | GUEST_RIGHT_WRITE | GUEST_RIGHT_CREATE_DIRECTORY |                      \
     GUEST_RIGHT_CREATE_FILE | GUEST_RIGHT_RENAME_SOURCE | GUEST_RIGHT_RENAME_TARGET | GUEST_RIGHT_PATH_SET_SIZE |     \
     GUEST_RIGHT_PATH_SET_TIMES | GUEST_RIGHT_SET_SIZE | GUEST_RIGHT_SET_TIMES | GUEST_RIGHT_REMOVE_DIRECTORY |        \
     GUEST_RIGHT_UNLINK)
/* Asked for and not to be had, these are an error; others are left out. */
#define GUEST_RIGHTS_CHANGING (GUEST_RIGHT_WRITE | GUEST_RIGHT_SET_SIZE)
/* What means something for a folder itself; the rest is only passed on to what is opened in it. */
#define GUEST_RIGHTS_FOLDER                                                                                            \
    ((GUEST_RIGHTS_READING | GUEST_RIGHTS_WRITING) &                                                                   \
     ~(GUEST_RIGHT_READ | GUEST_RIGHT_WRITE | GUEST_RIGHT_SEEK | GUEST_RIGHT_TELL | GUEST_RIGHT_SET_SIZE |             \
       GUEST_RIGHT_ADVISE | GUEST_RIGHT_DATASYNC | GUEST_RIGHT_SET_FLAGS))
#define GUEST_RIGHTS_FILE                                                                                              \
    (GUEST_RIGHT_DATASYNC | GUEST_RIGHT_READ | GUEST_RIGHT_SEEK | GUEST_RIGHT_SET_FLAGS | GUEST_RIGHT_SYNC |           \
     GUEST_RIGHT_TELL | GUEST_RIGHT_WRITE | GUEST_RIGHT_ADVISE | GUEST_RIGHT_STAT | GUEST_RIGHT_SET_SIZE |             \
     GUEST_RIGHT_SET_TIMES)

struct guest_open_file {
    bool open;
    bool folder;
    bool renamed; /* a folder in which guests can rename */
    int fd;
    const struct guest_dir *granted; /* one of the grants, whose fd is shared; NULL: opened by the guest */
    uint64_t rights, inherit;
};

struct guest_files {
    struct guest_grants *grants;
    struct guest_open_file rows[GUEST_FILES_MAX];
};

/* NULL when there is no memory. */
struct guest_files *guest_files_new(struct guest_grants *grants);
void guest_files_free(struct guest_files *files); /* closes what is open; NULL is fine */

/* NULL when number is no open file. */
struct guest_open_file *guest_files_get(struct guest_files *files, uint32_t number);

/* Opens path below a folder, with those of the rights that the folder passes on. 0, or -1 and errno: EACCES for what is
 * neither file nor folder; EROFS for writing where only reading was granted; EMFILE, ENFILE. */
struct guest_open_how {
    const char *path;
    uint64_t rights, inherit;
    int flags; /* O_CREAT, O_DIRECTORY, O_EXCL, O_TRUNC, O_APPEND, O_DSYNC, O_SYNC, O_NOFOLLOW */
};
int guest_files_open(struct guest_files *files, const struct guest_open_file *folder, const struct guest_open_how *how,
                     uint32_t *number);
void guest_files_close(struct guest_files *files, uint32_t number);
/* Makes `to` what `from` is, and `from` free. 0, or -1 and errno. Granted folders stay where they are. */
int guest_files_move(struct guest_files *files, uint32_t from, uint32_t to);

#endif
