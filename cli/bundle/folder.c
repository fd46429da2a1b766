/* Each file is written under the name UNFINISHED and renamed: a file is never half there, and a link in the place of a
 * file is replaced, not followed. A link in the place of a folder is refused.
 *
 * A command that is killed may leave one unfinished file. The next command removes that file. The folder is locked
 * while a command writes, so that the removed file never belongs to a command that still runs. */
#include "folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../verbs.h"

#define UNFINISHED ".mocket-bundle.new"

struct place {
    const char *verb;
    const char *folder; /* for messages */
    int dir;
};

static int fail(const struct place *place, const char *name)
{
    return mocket__cli_failure(place->verb, "%s/%s: %s", place->folder, name, strerror(errno));
}

static bool is_own_folder(const struct place *place, const char *path)
{
    struct stat st;
    if (fstatat(place->dir, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return false;
    errno = ENOTDIR;
    return S_ISDIR(st.st_mode);
}

/* Makes the folders that lead to a name. A link in the place of one is refused: it may lead anywhere. */
static int make_folders(const struct place *place, const char *name)
{
    char path[PATH_MAX];
    for (const char *slash = strchr(name, '/'); slash; slash = strchr(slash + 1, '/')) {
        int len = snprintf(path, sizeof path, "%.*s", (int)(slash - name), name);
        if (len < 0 || len >= PATH_MAX)
            errno = ENAMETOOLONG;
        else if (mkdirat(place->dir, path, 0777) == 0 || (errno == EEXIST && is_own_folder(place, path)))
            continue;
        return fail(place, path);
    }
    return 0;
}

static int write_bytes(int fd, mocket_span bytes)
{
    while (bytes.len > 0) {
        ssize_t n = write(fd, bytes.ptr, bytes.len);
        if (n < 0 && errno != EINTR)
            return -1;
        bytes.ptr += n > 0 ? n : 0;
        bytes.len -= n > 0 ? (size_t)n : 0;
    }
    return 0;
}

static int write_file(const struct place *place, const struct bundle_file *file)
{
    int rc = make_folders(place, file->name);
    if (rc != 0)
        return rc;
    int fd = openat(place->dir, UNFINISHED, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, file->is_program ? 0777 : 0666);
    if (fd < 0)
        return fail(place, UNFINISHED);
    bool written = write_bytes(fd, mocket__buf_view(&file->bytes)) == 0;
    written = close(fd) == 0 && written;
    if (written && renameat(place->dir, UNFINISHED, place->dir, file->name) == 0)
        return 0;
    rc = fail(place, file->name);
    unlinkat(place->dir, UNFINISHED, 0);
    return rc;
}

/* Is the folder empty? 1 or 0, or -1 when it cannot be read. */
static int is_empty(int dir)
{
    int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *stream = copy < 0 ? NULL : fdopendir(copy);
    if (!stream) {
        if (copy >= 0)
            close(copy);
        return -1;
    }
    const struct dirent *e;
    int empty = 1;
    errno = 0;
    while (empty && (e = readdir(stream)) != NULL)
        empty = strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0;
    int rc = empty && errno != 0 ? -1 : empty;
    closedir(stream);
    return rc;
}

/* Locks the folder until its descriptor is closed, and removes what a killed command has left. A file system without
 * locks is taken as it is. */
static int claim(const struct place *place)
{
    if (flock(place->dir, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK)
        return mocket__cli_failure(place->verb, "%s: another `mocket bundle` is writing into this folder: wait for it",
                                   place->folder);
    return unlinkat(place->dir, UNFINISHED, 0) == 0 || errno == ENOENT ? 0 : fail(place, UNFINISHED);
}

static int open_folder(struct place *place, bool force)
{
    if (mkdir(place->folder, 0777) < 0 && errno != EEXIST)
        return mocket__cli_failure(place->verb, "%s: %s", place->folder, strerror(errno));
    place->dir = open(place->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (place->dir < 0)
        return mocket__cli_failure(place->verb, "%s: %s", place->folder, strerror(errno));
    int rc = claim(place), empty = rc != 0 || force ? 1 : is_empty(place->dir);
    if (empty < 0)
        return mocket__cli_failure(place->verb, "%s: %s", place->folder, strerror(errno));
    if (empty == 0)
        return mocket__cli_failure(
            place->verb, "%s: the folder is not empty; --force writes into it and removes nothing", place->folder);
    return rc;
}

int bundle_folder_write(const char *verb, const char *folder, bool force, const struct bundle_files *files)
{
    struct place place = { verb, folder, -1 };
    int rc = open_folder(&place, force);
    for (size_t i = 0; i < files->count && rc == 0; i++)
        rc = write_file(&place, &files->rows[i]);
    if (place.dir >= 0)
        close(place.dir);
    return rc;
}
