/* Each file is written beside its place under a name of its own, and renamed: a file is never half there, and a link in
 * its place is replaced, not followed. A link in the place of a folder is refused. */
#include "folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../verbs.h"

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
    char temporary[PATH_MAX];
    int rc = make_folders(place, file->name);
    if (rc != 0)
        return rc;
    int len = snprintf(temporary, sizeof temporary, "%s.new-%ld", file->name, (long)getpid());
    if (len < 0 || len >= PATH_MAX) {
        errno = ENAMETOOLONG;
        return fail(place, file->name);
    }
    int fd = openat(place->dir, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, file->is_program ? 0777 : 0666);
    if (fd < 0)
        return fail(place, temporary);
    bool written = write_bytes(fd, mocket__buf_view(&file->bytes)) == 0;
    written = close(fd) == 0 && written;
    if (written && renameat(place->dir, temporary, place->dir, file->name) == 0)
        return 0;
    rc = fail(place, file->name);
    unlinkat(place->dir, temporary, 0);
    return rc;
}

/* False also when the folder cannot be read. */
static bool is_empty(int dir)
{
    int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *stream = copy < 0 ? NULL : fdopendir(copy);
    bool empty = stream;
    for (const struct dirent *e = stream ? readdir(stream) : NULL; e; e = readdir(stream))
        empty = empty && (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0);
    if (stream)
        closedir(stream);
    else if (copy >= 0)
        close(copy);
    return empty;
}

static int open_folder(struct place *place, bool force)
{
    if (mkdir(place->folder, 0777) < 0 && errno != EEXIST)
        return mocket__cli_failure(place->verb, "%s: %s", place->folder, strerror(errno));
    place->dir = open(place->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (place->dir < 0)
        return mocket__cli_failure(place->verb, "%s: %s", place->folder, strerror(errno));
    if (force || is_empty(place->dir))
        return 0;
    return mocket__cli_failure(place->verb, "%s: the folder is not empty; --force writes into it and removes nothing",
                               place->folder);
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
