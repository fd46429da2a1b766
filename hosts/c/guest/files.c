/* A guest may open regular files and folders, nothing else: a fifo would block the worker, a device may do anything. So
 * what a path names is looked at before it is opened. Guests cannot change the name in between (grants.h); other
 * programs can, so the descriptor is looked at again. The open itself does not block in any case.
 *
 * Rights only ever shrink: a file has what was asked for, out of what its folder passes on. Folders that were granted
 * for reading pass on no right to write. */
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../../src/base/memory.h"
#include "../../../src/system/beneath.h"

#define FIRST 3u /* standard input, output and error come before */

struct guest_files *guest_files_new(struct guest_grants *grants)
{
    struct guest_files *files = mocket__new(sizeof *files);
    if (!files)
        return NULL;
    files->grants = grants;
    for (size_t i = 0; i < grants->dir_count; i++) {
        uint64_t all = GUEST_RIGHTS_READING | (grants->dirs[i].writable ? GUEST_RIGHTS_WRITING : 0);
        files->rows[i] = (struct guest_open_file){ .open = true,
                                                   .folder = true,
                                                   .renamed = grants->dirs[i].renamed,
                                                   .fd = grants->dirs[i].fd,
                                                   .granted = &grants->dirs[i],
                                                   .rights = all & GUEST_RIGHTS_FOLDER,
                                                   .inherit = all };
    }
    return files;
}

void guest_files_free(struct guest_files *files)
{
    if (!files)
        return;
    for (uint32_t i = 0; i < GUEST_FILES_MAX; i++)
        guest_files_close(files, FIRST + i);
    mocket__free(files);
}

struct guest_open_file *guest_files_get(struct guest_files *files, uint32_t number)
{
    if (!files || number < FIRST || number - FIRST >= GUEST_FILES_MAX || !files->rows[number - FIRST].open)
        return NULL;
    return &files->rows[number - FIRST];
}

void guest_files_close(struct guest_files *files, uint32_t number)
{
    struct guest_open_file *f = guest_files_get(files, number);
    if (!f)
        return;
    if (!f->granted) {
        close(f->fd);
        guest_grants_give_file(files->grants);
    }
    *f = (struct guest_open_file){ 0 };
}

int guest_files_move(struct guest_files *files, uint32_t from, uint32_t to)
{
    struct guest_open_file *a = guest_files_get(files, from), *b = guest_files_get(files, to);
    if (!a || !b) {
        errno = EBADF;
        return -1;
    }
    if (a->granted || b->granted) {
        errno = ENOTSUP;
        return -1;
    }
    if (a == b)
        return 0;
    struct guest_open_file moved = *a;
    guest_files_close(files, to);
    *a = (struct guest_open_file){ 0 };
    *b = moved;
    return 0;
}

/* ---- Opening ---- */

static int free_row(struct guest_files *files, uint32_t *row)
{
    for (*row = 0; *row < GUEST_FILES_MAX; ++*row)
        if (!files->rows[*row].open)
            return 0;
    errno = EMFILE;
    return -1;
}

static bool is_openable(const struct stat *st)
{
    return S_ISREG(st->st_mode) || S_ISDIR(st->st_mode);
}

/* Looks before opening. A name that is not there yet is fine where it would be made. */
static int look(int dir, const struct guest_open_how *how)
{
    struct stat st;
    int fd = mocket__beneath_open(dir, how->path, O_PATH | (how->flags & (O_NOFOLLOW | O_DIRECTORY)), 0);
    if (fd < 0)
        return errno == ENOENT && how->flags & O_CREAT ? 0 : -1;
    int rc = fstat(fd, &st);
    close(fd);
    if (rc == 0 && S_ISLNK(st.st_mode))
        errno = ELOOP;
    else if (rc == 0 && !is_openable(&st))
        errno = EACCES;
    return rc < 0 || !is_openable(&st) ? -1 : 0;
}

/* What the file is opened for: O_RDONLY, O_WRONLY, O_RDWR. */
static int access_mode(uint64_t rights)
{
    bool write = rights & (GUEST_RIGHT_WRITE | GUEST_RIGHT_SET_SIZE);
    bool read = rights & (GUEST_RIGHT_READ | GUEST_RIGHT_READDIR);
    return write ? read ? O_RDWR : O_WRONLY : O_RDONLY;
}

/* 0, or -1 and errno. */
static int check_rights(const struct guest_open_file *folder, const struct guest_open_how *how)
{
    bool creates = how->flags & O_CREAT, cuts = how->flags & O_TRUNC;
    if ((how->rights & ~folder->inherit & GUEST_RIGHTS_CHANGING) ||
        (creates && !(folder->rights & GUEST_RIGHT_CREATE_FILE)) ||
        (cuts && !(folder->rights & GUEST_RIGHT_PATH_SET_SIZE)))
        errno = EROFS;
    else if (!(folder->rights & GUEST_RIGHT_OPEN))
        errno = EPERM;
    else
        return 0;
    return -1;
}

/* A descriptor, or -1 and errno. */
static int open_fd(const struct guest_open_file *folder, const struct guest_open_how *how, struct stat *st)
{
    if (look(folder->fd, how) < 0)
        return -1;
    int fd = mocket__beneath_open(folder->fd, how->path, how->flags | access_mode(how->rights), 0666);
    if (fd < 0)
        return -1;
    if (fstat(fd, st) == 0 && is_openable(st))
        return fd;
    close(fd);
    errno = EACCES;
    return -1;
}

static int open_row(struct guest_files *files, const struct guest_open_file *folder, const struct guest_open_how *how,
                    uint32_t row)
{
    struct stat st;
    if (folder->renamed)
        guest_grants_share_names(files->grants);
    int fd = open_fd(folder, how, &st);
    if (folder->renamed)
        guest_grants_free_names(files->grants);
    if (fd < 0)
        return -1;
    bool is_folder = S_ISDIR(st.st_mode);
    uint64_t rights = how->rights & folder->inherit & (is_folder ? GUEST_RIGHTS_FOLDER : GUEST_RIGHTS_FILE);
    if (!is_folder && !(rights & (GUEST_RIGHT_READ | GUEST_RIGHT_WRITE))) {
        close(fd);
        errno = EROFS; /* it could do nothing with it: it wanted to write, and its libc left that right out */
        return -1;
    }
    files->rows[row] = (struct guest_open_file){ .open = true,
                                                 .folder = is_folder,
                                                 .renamed = folder->renamed,
                                                 .fd = fd,
                                                 .rights = rights,
                                                 .inherit = is_folder ? how->inherit & folder->inherit : 0 };
    return 0;
}

int guest_files_open(struct guest_files *files, const struct guest_open_file *folder, const struct guest_open_how *how,
                     uint32_t *number)
{
    uint32_t row;
    if (check_rights(folder, how) < 0 || free_row(files, &row) < 0)
        return -1;
    if (!guest_grants_take_file(files->grants)) {
        errno = ENFILE;
        return -1;
    }
    if (open_row(files, folder, how, row) < 0) {
        guest_grants_give_file(files->grants);
        return -1;
    }
    *number = FIRST + row;
    return 0;
}
