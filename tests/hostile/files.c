/* A guest that tries to get at files. The request's target says what to try: /WHAT/DESCRIPTOR/PATH, with the
 * descriptors that the host grants from 3 on. The answer is the code that the host gave, and then what was found. */
#include <fcntl.h>
#include <unistd.h>
#include <wasi/api.h>

#include "../abi/guest.h"

#define READ_RIGHTS                                                                                                    \
    (__WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_SEEK | __WASI_RIGHTS_FD_TELL | __WASI_RIGHTS_FD_READDIR |                \
     __WASI_RIGHTS_FD_FILESTAT_GET)
#define WRITE_RIGHTS (READ_RIGHTS | __WASI_RIGHTS_FD_WRITE | __WASI_RIGHTS_FD_FILESTAT_SET_SIZE)

/* The same functions, with types that let a guest lie about sizes. */
IMPORT("wasi_snapshot_preview1", "fd_read") int raw_read(int fd, const void *ranges, uint32_t count, void *result);
IMPORT("wasi_snapshot_preview1", "fd_write") int raw_write(int fd, const void *ranges, uint32_t count, void *result);
IMPORT("wasi_snapshot_preview1", "fd_pread")
int raw_pread(int fd, const void *ranges, uint32_t count, uint64_t offset, void *result);
IMPORT("wasi_snapshot_preview1", "fd_pwrite")
int raw_pwrite(int fd, const void *ranges, uint32_t count, uint64_t offset, void *result);
IMPORT("wasi_snapshot_preview1", "fd_readdir")
int raw_readdir(int fd, void *at, uint32_t cap, uint64_t cookie, void *result);
IMPORT("wasi_snapshot_preview1", "path_open")
int raw_open(int fd, int lookup, const void *path, uint32_t len, int oflags, uint64_t rights, uint64_t inherit,
             int fdflags, void *result);
IMPORT("wasi_snapshot_preview1", "fd_seek") int raw_seek(int fd, int64_t offset, int whence, void *result);
IMPORT("wasi_snapshot_preview1", "fd_filestat_set_size") int raw_set_size(int fd, uint64_t size);

static char text[8192];
static size_t text_len;

static void add(const void *bytes, size_t len)
{
    len = len < sizeof text - 1 - text_len ? len : sizeof text - 1 - text_len;
    memcpy(text + text_len, bytes, len);
    text_len += len;
    text[text_len] = '\0';
}

static void code(int n)
{
    char digits[16];
    snprintf(digits, sizeof digits, "%s%d", text_len ? " " : "", n);
    add(digits, strlen(digits));
}

EXPORT("mocket_start") void start(void)
{
    do_listen(1, 0, NULL, 0);
}

EXPORT("mocket_alloc") void *room(uint32_t len)
{
    return malloc(len);
}

/* ---- What can be tried ---- */

static int open_at(int fd, const char *path, int oflags, uint64_t rights, int *out)
{
    return raw_open(fd, 1, path, (uint32_t)strlen(path), oflags, rights, rights, 0, out);
}

static void try_read(int fd, const char *path)
{
    char bytes[64];
    int file;
    size_t n = 0;
    int rc = open_at(fd, path, 0, READ_RIGHTS, &file);
    const __wasi_iovec_t range = { (uint8_t *)bytes, sizeof bytes };
    if (rc == 0) {
        rc = __wasi_fd_read(file, &range, 1, &n);
        close(file);
    }
    code(rc);
    if (rc == 0 && n > 0)
        add(" ", 1), add(bytes, n);
}

static void try_nofollow(int fd, const char *path)
{
    int file;
    code(raw_open(fd, 0, path, (uint32_t)strlen(path), 0, READ_RIGHTS, 0, 0, &file));
}

static void try_write(int fd, const char *path)
{
    int file;
    size_t n;
    const __wasi_ciovec_t range = { (const uint8_t *)"written", 7 };
    int rc = open_at(fd, path, __WASI_OFLAGS_CREAT | __WASI_OFLAGS_TRUNC, WRITE_RIGHTS, &file);
    if (rc == 0) {
        rc = __wasi_fd_write(file, &range, 1, &n);
        close(file);
    }
    code(rc);
}

static void try_stat(int fd, const char *path)
{
    __wasi_filestat_t st;
    int rc = __wasi_path_filestat_get(fd, 0, path, &st);
    code(rc);
    if (rc == 0)
        code(st.filetype), code((int)st.size);
}

static void try_mkdir(int fd, const char *path)
{
    code(__wasi_path_create_directory(fd, path));
}

static void try_rmdir(int fd, const char *path)
{
    code(__wasi_path_remove_directory(fd, path));
}

static void try_unlink(int fd, const char *path)
{
    code(__wasi_path_unlink_file(fd, path));
}

/* PATH:PATH */
static void try_rename(int fd, const char *path)
{
    char from[256];
    const char *to = strchr(path, ':');
    snprintf(from, sizeof from, "%.*s", (int)(to - path), path);
    code(__wasi_path_rename(fd, from, fd, to + 1));
}

/* Two sides of a race, each in an instance of its own, for a third of a second. One moves PATH/file to another folder;
 * the code is 1 if a folder was moved. */
static void try_race_move(int fd, const char *path)
{
    char from[64], to[64];
    __wasi_filestat_t st;
    snprintf(from, sizeof from, "%s/file", path);
    snprintf(to, sizeof to, "sub/%s", path);
    bool folder = false;
    for (int64_t until = do_now(1) + 300000000; do_now(1) < until && !folder;) {
        if (__wasi_path_rename(fd, from, fd, to) != 0)
            continue;
        folder = __wasi_path_filestat_get(fd, 0, to, &st) == 0 && st.filetype == __WASI_FILETYPE_DIRECTORY;
        (void)!__wasi_path_unlink_file(fd, to);
    }
    code(folder);
}

/* The other one puts PATH/folder in the file's place. Its first rename fails; the file is there while it lasts. */
static void try_race_swap(int fd, const char *path)
{
    char file[64], folder[64];
    uint32_t n;
    snprintf(file, sizeof file, "%s/file", path);
    snprintf(folder, sizeof folder, "%s/folder", path);
    for (int64_t until = do_now(1) + 300000000; do_now(1) < until;) {
        if (raw_open(fd, 0, file, (uint32_t)strlen(file), 1, WRITE_RIGHTS, 0, 0, &n) == 0)
            (void)!__wasi_fd_close((int)n);
        (void)!__wasi_path_rename(fd, folder, fd, file);
        (void)!__wasi_path_unlink_file(fd, file);
        (void)!__wasi_path_rename(fd, folder, fd, file);
        (void)!__wasi_path_rename(fd, file, fd, folder);
    }
    code(0);
}

/* Opens PATH/file again and again, while the other side puts PATH/fifo in its place. */
static void try_race_open(int fd, const char *path)
{
    char file[64];
    uint32_t n;
    snprintf(file, sizeof file, "%s/file", path);
    for (int64_t until = do_now(1) + 300000000; do_now(1) < until;)
        if (raw_open(fd, 0, file, (uint32_t)strlen(file), 1, READ_RIGHTS, 0, 0, &n) == 0)
            (void)!__wasi_fd_close((int)n);
    code(0);
}

static void try_race_fifo(int fd, const char *path)
{
    char file[64], fifo[64];
    snprintf(file, sizeof file, "%s/file", path);
    snprintf(fifo, sizeof fifo, "%s/fifo", path);
    for (int64_t until = do_now(1) + 300000000; do_now(1) < until;) {
        (void)!__wasi_path_rename(fd, fifo, fd, file);
        (void)!__wasi_path_rename(fd, file, fd, fifo);
    }
    code(0);
}

static void try_links(int fd, const char *path)
{
    code(__wasi_path_symlink("plain.txt", fd, path));
    code(__wasi_path_link(fd, 0, "plain.txt", fd, path));
}

static void try_readlink(int fd, const char *path)
{
    uint8_t bytes[64];
    size_t n = 0;
    int rc = __wasi_path_readlink(fd, path, bytes, sizeof bytes, &n);
    code(rc);
    if (rc == 0)
        add(" ", 1), add(bytes, n);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* With a buffer so small that entries are cut and asked for again. An empty path: the granted folder itself. */
static void try_list(int fd, const char *path)
{
    char *names[64];
    int dir = fd, count = 0;
    int rc = path[0] ? open_at(fd, path, __WASI_OFLAGS_DIRECTORY, READ_RIGHTS, &dir) : 0;
    uint8_t bytes[80];
    size_t used = sizeof bytes;
    for (uint64_t cookie = 0; rc == 0 && used == sizeof bytes && count < 64;) {
        rc = __wasi_fd_readdir(dir, bytes, sizeof bytes, cookie, &used);
        for (size_t at = 0; rc == 0 && at + sizeof(__wasi_dirent_t) <= used;) {
            __wasi_dirent_t entry;
            memcpy(&entry, bytes + at, sizeof entry);
            if (at + sizeof entry + entry.d_namlen > used)
                break;
            names[count++] = strndup((char *)bytes + at + sizeof entry, entry.d_namlen);
            cookie = entry.d_next;
            at += sizeof entry + entry.d_namlen;
        }
    }
    qsort(names, (size_t)count, sizeof *names, by_text);
    code(rc);
    for (int i = 0; i < count; i++)
        add(" ", 1), add(names[i], strlen(names[i]));
}

/* Opens a file until the host has enough of it. */
static void try_exhaust(int fd, const char *path)
{
    int file, rc, opened = 0, first = 0;
    while ((rc = open_at(fd, path, 0, READ_RIGHTS, &file)) == 0 && opened < 100000)
        first = opened++ ? first : file;
    code(opened < 100), code(rc);
    for (int i = 0; i < opened; i++)
        close(first + i);
    code(open_at(fd, path, 0, READ_RIGHTS, &file));
    close(file);
}

/* The same, and a listing while the host has enough: the codes, and whether others had some. */
static void try_full(int fd, const char *path)
{
    uint8_t bytes[80];
    size_t used;
    int file, rc, opened = 0, first = 0;
    while ((rc = open_at(fd, path, 0, READ_RIGHTS, &file)) == 0 && opened < 100000)
        first = opened++ ? first : file;
    code(opened > 3), code(rc), code(__wasi_fd_readdir(fd, bytes, sizeof bytes, 0, &used));
    close(first);
    code(__wasi_fd_readdir(fd, bytes, sizeof bytes, 0, &used));
    for (int i = 1; i < opened; i++)
        close(first + i);
    code(__wasi_fd_readdir(fd, bytes, sizeof bytes, 0, &used));
}

/* Numbers and ranges that are none, on a good file. */
static void try_abuse(int fd, const char *path)
{
    static uint32_t ranges[4096][2];
    static char bytes[64];
    int file;
    uint32_t n;
    uint64_t at;
    code(open_at(fd, path, __WASI_OFLAGS_CREAT, WRITE_RIGHTS, &file));
    for (size_t i = 0; i < 4096; i++)
        ranges[i][0] = (uint32_t)bytes, ranges[i][1] = 1;
    code(raw_read(file, ranges, 0xffffffff, &n));        /* looks at some */
    code(raw_read(file, (void *)0xfffffff8, 64, &n));    /* 21 */
    code(raw_read(file, ranges, 1, (void *)0xfffffffe)); /* 21 */
    ranges[0][1] = 0xffffffff;
    code(raw_read(file, ranges, 1, &n));  /* 21 */
    code(raw_write(file, ranges, 1, &n)); /* 21 */
    ranges[0][1] = 1;
    code(raw_pread(file, ranges, 1, UINT64_MAX, &n));                                 /* 28 */
    code(raw_pwrite(file, ranges, 1, INT64_MAX, &n) != 0);                            /* 1 */
    code(raw_pwrite(file, ranges, 1, UINT64_C(1) << 63, &n));                         /* 28 */
    code(raw_seek(file, INT64_MIN, 1, &at));                                          /* 28 */
    code(raw_seek(file, 0, 9, &at));                                                  /* 28 */
    code(raw_set_size(file, UINT64_MAX));                                             /* 28 */
    code(raw_readdir(file, bytes, 64, 0, &n));                                        /* 54 */
    code(raw_readdir(fd, bytes, 0xffffffff, 0, &n));                                  /* 28 */
    code(raw_readdir(fd, (void *)0xffffff00, 1024, 0, &n));                           /* 21 */
    code(raw_readdir(fd, bytes, 64, UINT64_MAX, &n));                                 /* 28 */
    code(raw_read(fd, ranges, 1, &n));                                                /* 31 */
    code(raw_read(77, ranges, 1, &n));                                                /* 8 */
    code(raw_read(-1, ranges, 1, &n));                                                /* 8 */
    code(raw_open(fd, 1, (void *)0xfffffff0, 64, 0, READ_RIGHTS, 0, 0, &n));          /* 21 */
    code(raw_open(fd, 1, bytes, 0xffffffff, 0, READ_RIGHTS, 0, 0, &n));               /* 37 */
    code(raw_open(fd, 1, "a\0b", 3, 0, READ_RIGHTS, 0, 0, &n));                       /* 28 */
    code(raw_open(fd, 1, "", 0, 0, READ_RIGHTS, 0, 0, &n));                           /* 44 */
    code(raw_open(fd, 1, path, (uint32_t)strlen(path), 0x70, READ_RIGHTS, 0, 0, &n)); /* 28 */
    code(raw_open(file, 1, path, (uint32_t)strlen(path), 0, READ_RIGHTS, 0, 0, &n));  /* 54 */
    code(__wasi_fd_renumber(fd, file));                                               /* 58 */
    code(__wasi_fd_close(file));                                                      /* 0 */
    code(__wasi_fd_close(file));                                                      /* 8 */
}

/* What libc makes of it. */
static void try_libc(int fd, const char *path)
{
    (void)fd;
    char line[64] = "-";
    FILE *f = fopen(path, "r");
    if (f && !fgets(line, sizeof line, f))
        strcpy(line, "?");
    if (f)
        fclose(f);
    add(line, strcspn(line, "\n"));
    add(" ", 1);
    const char *env = getenv("GREETING");
    add(env ? env : "-", env ? strlen(env) : 1);
}

static const struct {
    const char *name;
    void (*fn)(int fd, const char *path);
} tries[] = {
    { "read", try_read },      { "nofollow", try_nofollow }, { "write", try_write },    { "stat", try_stat },
    { "mkdir", try_mkdir },    { "rmdir", try_rmdir },       { "unlink", try_unlink },  { "rename", try_rename },
    { "links", try_links },    { "readlink", try_readlink }, { "list", try_list },      { "exhaust", try_exhaust },
    { "abuse", try_abuse },    { "libc", try_libc },         { "move", try_race_move }, { "swap", try_race_swap },
    { "open", try_race_open }, { "fifo", try_race_fifo },    { "full", try_full },
};

EXPORT("mocket_handle") void handle(int req, const unsigned char *message, uint32_t len)
{
    const uint32_t *words = (const uint32_t *)(const void *)message;
    char target[512] = "";
    (void)len;
    memcpy(target, message + words[4], words[5] < sizeof target - 1 ? words[5] : sizeof target - 1);
    char *name = target + 1, *fd = strchr(name, '/'), *path = fd ? strchr(fd + 1, '/') : NULL;
    text_len = 0;
    text[0] = '\0';
    if (path) {
        *fd++ = '\0';
        *path++ = '\0';
        for (size_t i = 0; i < sizeof tries / sizeof *tries; i++)
            if (strcmp(tries[i].name, name) == 0)
                tries[i].fn(atoi(fd), path);
    }
    answer(req, 200, text);
}
