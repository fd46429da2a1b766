/* Preview 1: paths, each relative to a folder that was granted or opened below one. A path that would leave it, by
 * `..`, by a slash in front or by a link, is ENOTCAPABLE (src/system/beneath.h).
 *
 * Links are followed where they stay inside, and read; guests make none, neither soft nor hard: a link is a name for
 * something that the host's other programs may take it for. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../../../src/system/beneath.h"
#include "files.h"
#include "instance.h"
#include "span.h"
#include "wasi.h"
#include "wasi_stat.h"

#define FOLLOW 1u /* of lookupflags */

/* ---- Arguments ---- */

struct path {
    const struct guest_open_file *folder;
    char text[MOCKET_BENEATH_PATH_MAX];
};

/* Copies a path out of the guest, so that it cannot change between two looks. 0 or a code. */
static int load_text(const struct guest_instance *i, uint32_t at, uint32_t len, char text[MOCKET_BENEATH_PATH_MAX])
{
    struct guest_bytes from;
    if (len >= MOCKET_BENEATH_PATH_MAX)
        return WASI_ENAMETOOLONG;
    if (guest_span(i, at, len, &from) < 0)
        return WASI_EFAULT;
    if (memchr(from.ptr, '\0', len))
        return WASI_EINVAL;
    memcpy(text, from.ptr, len);
    text[len] = '\0';
    return len == 0 ? WASI_ENOENT : text[0] == '/' ? WASI_ENOTCAPABLE : WASI_OK;
}

/* at: of the path's offset among the slots, with its length behind it. 0 or a code. */
static int load_path(struct guest_instance *i, uint32_t fd, const union engine_slot *at, uint64_t right,
                     struct path *out)
{
    out->folder = guest_files_get(guest_wasi_files(i), fd);
    if (!out->folder)
        return fd < WASI_STDIO ? WASI_ENOTDIR : WASI_EBADF;
    if (!out->folder->folder)
        return WASI_ENOTDIR;
    if (right & ~out->folder->rights)
        return right & GUEST_RIGHTS_WRITING ? WASI_EROFS : WASI_ENOTCAPABLE;
    return load_text(i, at[0].u32, at[1].u32, out->text);
}

/* The code of errno, where EXDEV means that a path leads out. */
static int path_error(void)
{
    return errno == EXDEV ? WASI_ENOTCAPABLE : wasi_errno(errno);
}

static const char *done(union engine_slot *s, int rc)
{
    return wasi_answer(s, rc < 0 ? path_error() : WASI_OK);
}

/* ---- Opening ---- */

static int open_flags(uint32_t lookup, uint32_t oflags, uint32_t fdflags)
{
    static const struct {
        uint32_t bit;
        int flag;
    } opening[] = { { 1, O_CREAT }, { 2, O_DIRECTORY }, { 4, O_EXCL }, { 8, O_TRUNC } },
      status[] = { { 1, O_APPEND }, { 2, O_DSYNC }, { 8, O_SYNC }, { 16, O_SYNC } };
    int flags = lookup & FOLLOW ? 0 : O_NOFOLLOW;
    for (size_t i = 0; i < sizeof opening / sizeof *opening; i++)
        flags |= oflags & opening[i].bit ? opening[i].flag : 0;
    for (size_t i = 0; i < sizeof status / sizeof *status; i++)
        flags |= fdflags & status[i].bit ? status[i].flag : 0;
    return flags;
}

/* path_open(fd, lookup, path, len, oflags, rights i64, inherit i64, fdflags, result) */
static const char *path_open(void *data, union engine_slot *s)
{
    enum { OFLAGS = 15, FDFLAGS = 31 };
    struct guest_instance *i = data;
    struct path path;
    uint32_t number, result = s[8].u32;
    int code = load_path(i, s[0].u32, s + 2, GUEST_RIGHT_OPEN, &path);
    if (code)
        return wasi_answer(s, code);
    if (s[4].u32 > OFLAGS || s[7].u32 > FDFLAGS)
        return wasi_answer(s, WASI_EINVAL);
    if (guest_put_u32(i, result, 0) < 0)
        return wasi_answer(s, WASI_EFAULT);
    struct guest_open_how how = {
        .path = path.text, .rights = s[5].u64, .inherit = s[6].u64, .flags = open_flags(s[1].u32, s[4].u32, s[7].u32)
    };
    if (guest_files_open(i->files, path.folder, &how, &number) < 0)
        return done(s, -1);
    return wasi_stored(s, guest_put_u32(i, result, number), 0);
}

/* ---- Looking ---- */

static int open_place(const struct path *path, uint32_t lookup)
{
    return mocket__beneath_open(path->folder->fd, path->text, O_PATH | (lookup & FOLLOW ? 0 : O_NOFOLLOW), 0);
}

/* path_filestat_get(fd, lookup, path, len, result) */
static const char *path_filestat_get(void *data, union engine_slot *s)
{
    struct path path;
    struct stat st;
    int code = load_path(data, s[0].u32, s + 2, GUEST_RIGHT_PATH_STAT, &path);
    if (code)
        return wasi_answer(s, code);
    int fd = open_place(&path, s[1].u32);
    int rc = fd < 0 ? -1 : fstat(fd, &st);
    if (fd >= 0)
        close(fd);
    return rc < 0 ? done(s, -1) : wasi_stored(s, wasi_put_stat(data, s[4].u32, &st), 0);
}

/* path_filestat_set_times(fd, lookup, path, len, access i64, change i64, flags) */
static const char *path_filestat_set_times(void *data, union engine_slot *s)
{
    struct path path;
    struct timespec times[2];
    int code = load_path(data, s[0].u32, s + 2, GUEST_RIGHT_PATH_SET_TIMES, &path);
    if (code == WASI_OK && !wasi_times(s[4].u64, s[5].u64, s[6].u32, times))
        code = WASI_EINVAL;
    if (code)
        return wasi_answer(s, code);
    int fd = open_place(&path, s[1].u32);
    int rc = fd < 0 ? -1 : utimensat(fd, "", times, AT_EMPTY_PATH);
    code = rc < 0 ? path_error() : WASI_OK;
    if (fd >= 0)
        close(fd);
    return wasi_answer(s, code);
}

/* path_readlink(fd, path, len, ptr, cap, result): cut to the room. One that points out tells nothing. */
static const char *path_readlink(void *data, union engine_slot *s)
{
    char text[MOCKET_BENEATH_PATH_MAX];
    struct path path;
    struct guest_bytes to;
    uint32_t ptr = s[3].u32, cap = s[4].u32, result = s[5].u32;
    int code = load_path(data, s[0].u32, s + 1, GUEST_RIGHT_READLINK, &path);
    if (code)
        return wasi_answer(s, code);
    int fd = open_place(&path, 0);
    ssize_t len = fd < 0 ? -1 : readlinkat(fd, "", text, sizeof text);
    code = len >= 0 ? WASI_OK : fd >= 0 && errno == ENOENT ? WASI_EINVAL : path_error(); /* ENOENT: it is no link */
    if (fd >= 0)
        close(fd);
    if (code == WASI_OK && len > 0 && text[0] == '/')
        code = WASI_ENOTCAPABLE;
    if (code)
        return wasi_answer(s, code);
    len = len < cap ? len : cap;
    if (guest_span(data, ptr, (uint32_t)len, &to) < 0)
        return wasi_answer(s, WASI_EFAULT);
    memcpy(to.ptr, text, (size_t)len);
    return wasi_stored(s, guest_put_u32(data, result, (uint32_t)len), 0);
}

/* ---- Changing ---- */

/* Does something with the last name of a path: what returns 0, or -1 and errno. */
static const char *change(struct guest_instance *i, union engine_slot *s, uint64_t right,
                          int (*what)(const struct mocket_beneath_place *place))
{
    struct path path;
    struct mocket_beneath_place place;
    int code = load_path(i, s[0].u32, s + 1, right, &path);
    if (code)
        return wasi_answer(s, code);
    if (mocket__beneath_find(path.folder->fd, path.text, &place) < 0)
        return done(s, -1);
    code = what(&place) < 0 ? path_error() : WASI_OK;
    close(place.parent);
    return wasi_answer(s, code);
}

static int make_folder(const struct mocket_beneath_place *place)
{
    return mkdirat(place->parent, place->name, 0777);
}

static int remove_folder(const struct mocket_beneath_place *place)
{
    return unlinkat(place->parent, place->name, AT_REMOVEDIR);
}

static int remove_file(const struct mocket_beneath_place *place)
{
    if (!place->slash)
        return unlinkat(place->parent, place->name, 0);
    errno = ENOTDIR;
    return -1;
}

/* path_create_directory(fd, path, len) */
static const char *path_create_directory(void *data, union engine_slot *s)
{
    return change(data, s, GUEST_RIGHT_CREATE_DIRECTORY, make_folder);
}

/* path_remove_directory(fd, path, len) */
static const char *path_remove_directory(void *data, union engine_slot *s)
{
    return change(data, s, GUEST_RIGHT_REMOVE_DIRECTORY, remove_folder);
}

/* path_unlink_file(fd, path, len) */
static const char *path_unlink_file(void *data, union engine_slot *s)
{
    return change(data, s, GUEST_RIGHT_UNLINK, remove_file);
}

static bool is_same_folder(int a, int b)
{
    struct stat first, second;
    return fstat(a, &first) == 0 && fstat(b, &second) == 0 && first.st_dev == second.st_dev &&
           first.st_ino == second.st_ino;
}

/* The caller owns the names (grants.h): without that another instance could put something else at `from` between the
 * look and the rename.
 *
 * A name with a slash behind it is a folder's: the slash itself must not reach the kernel, which would follow a
 * link.
 *
 * A relative link counts from the folder that it lies in: moved, it may lead other programs out of what was granted.
 * So a link is not renamed (EPERM), and a folder, which may hold links, stays in its parent (EXDEV). */
static int rename_place(const struct mocket_beneath_place *from, const struct mocket_beneath_place *to)
{
    struct stat st;
    if (fstatat(from->parent, from->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return -1;
    if (S_ISLNK(st.st_mode))
        errno = EPERM;
    else if ((from->slash || to->slash) && !S_ISDIR(st.st_mode))
        errno = ENOTDIR;
    else if (S_ISDIR(st.st_mode) && !is_same_folder(from->parent, to->parent))
        errno = EXDEV;
    else
        return renameat(from->parent, from->name, to->parent, to->name);
    return -1;
}

/* path_rename(fd, path, len, new fd, new path, new len) */
static const char *path_rename(void *data, union engine_slot *s)
{
    struct guest_instance *i = data;
    struct path old, new;
    struct mocket_beneath_place from, to;
    int code = load_path(data, s[0].u32, s + 1, GUEST_RIGHT_RENAME_SOURCE, &old);
    if (code == WASI_OK)
        code = load_path(data, s[3].u32, s + 4, GUEST_RIGHT_RENAME_TARGET, &new);
    if (code)
        return wasi_answer(s, code);
    if (mocket__beneath_find(old.folder->fd, old.text, &from) < 0)
        return done(s, -1);
    if (mocket__beneath_find(new.folder->fd, new.text, &to) < 0) {
        code = path_error();
        close(from.parent);
        return wasi_answer(s, code);
    }
    guest_grants_own_names(i->program->grants);
    code = rename_place(&from, &to) < 0 ? wasi_errno(errno) : WASI_OK;
    guest_grants_free_names(i->program->grants);
    close(from.parent);
    close(to.parent);
    return wasi_answer(s, code);
}

/* path_link, path_symlink */
static const char *no_links(void *data, union engine_slot *s)
{
    (void)data;
    return wasi_answer(s, WASI_ENOTCAPABLE);
}

static const struct engine_import rows[] = {
    { WASI_MODULE, "path_create_directory", "iii:i", path_create_directory },
    { WASI_MODULE, "path_filestat_get", "iiiii:i", path_filestat_get },
    { WASI_MODULE, "path_filestat_set_times", "iiiiIIi:i", path_filestat_set_times },
    { WASI_MODULE, "path_link", "iiiiiii:i", no_links },
    { WASI_MODULE, "path_open", "iiiiiIIii:i", path_open },
    { WASI_MODULE, "path_readlink", "iiiiii:i", path_readlink },
    { WASI_MODULE, "path_remove_directory", "iii:i", path_remove_directory },
    { WASI_MODULE, "path_rename", "iiiiii:i", path_rename },
    { WASI_MODULE, "path_symlink", "iiiii:i", no_links },
    { WASI_MODULE, "path_unlink_file", "iii:i", path_unlink_file },
};

struct guest_imports guest_wasi_path_imports(void)
{
    return (struct guest_imports){ rows, sizeof rows / sizeof *rows };
}
