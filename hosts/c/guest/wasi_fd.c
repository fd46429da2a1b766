/* Preview 1: descriptors. 0, 1 and 2 are an empty input and the log; from 3 on there are the granted folders and what a
 * guest opened in them (files.h).
 *
 * Disk I/O blocks the worker, as it does in most servers. So one call moves a bounded number of bytes, and tells how
 * many: libc comes again for the rest. Guest memory is read and written in place, each range checked first; two ranges
 * may be the same. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "../../../src/base/word.h"
#include "files.h"
#include "instance.h"
#include "span.h"
#include "wasi.h"
#include "wasi_stat.h"

#define RANGES_MAX 64u                   /* of one call that are looked at */
#define MOVE_MAX (UINT32_C(1) << 20)     /* bytes of one call */
#define WRITE_BYTES 65536u               /* of one call, to the log */
#define LISTING_MAX (UINT32_C(64) << 20) /* bytes of one fd_readdir */

static bool is_output(uint32_t fd)
{
    return fd == 1 || fd == 2;
}

struct guest_files *guest_wasi_files(struct guest_instance *i)
{
    struct guest_grants *grants = i->program->grants;
    if (!i->files && grants && grants->dir_count > 0)
        i->files = guest_files_new(grants);
    return i->files;
}

/* The open file, if it has the right; else NULL and the code. */
static struct guest_open_file *find(struct guest_instance *i, uint32_t fd, uint64_t right, int *code)
{
    struct guest_open_file *f = guest_files_get(guest_wasi_files(i), fd);
    if (!f)
        *code = fd < WASI_STDIO ? WASI_ENOTSUP : WASI_EBADF;
    else if (right & ~f->rights)
        *code = f->folder && right & (GUEST_RIGHT_READ | GUEST_RIGHT_WRITE | GUEST_RIGHT_SEEK) ? WASI_EISDIR
                                                                                               : WASI_ENOTCAPABLE;
    else
        return f;
    return NULL;
}

/* Of a system call that gives -1 and errno. */
static const char *done(union engine_slot *s, int rc)
{
    return wasi_answer(s, rc < 0 ? wasi_errno(errno) : WASI_OK);
}

/* ---- Reading and writing ---- */

struct ranges {
    struct iovec rows[RANGES_MAX];
    int count;
};

/* As many of the guest's ranges as fit in the bounds. 0 or MOCKET_EFAULT. */
static int load_ranges(const struct guest_instance *i, uint32_t at, uint32_t count, struct ranges *out)
{
    struct guest_bytes rows, piece;
    uint32_t left = MOVE_MAX;
    count = count < RANGES_MAX ? count : RANGES_MAX;
    out->count = 0;
    if (guest_span(i, at, count * 8, &rows) < 0)
        return MOCKET_EFAULT;
    for (uint32_t n = 0; n < count && left > 0; n++) {
        if (guest_span(i, mocket__load_u32(rows.ptr + n * 8), mocket__load_u32(rows.ptr + n * 8 + 4), &piece) < 0)
            return MOCKET_EFAULT;
        size_t len = piece.len < left ? piece.len : left;
        out->rows[out->count++] = (struct iovec){ piece.ptr, len };
        left -= (uint32_t)len;
    }
    return 0;
}

/* offset -1: at the file's own position. */
struct move {
    bool write;
    int64_t offset;
    uint32_t ranges, count, result;
};

static ssize_t move(int fd, const struct move *m, const struct ranges *r)
{
    ssize_t n;
    do {
        if (m->offset < 0)
            n = m->write ? writev(fd, r->rows, r->count) : readv(fd, r->rows, r->count);
        else
            n = m->write ? pwritev(fd, r->rows, r->count, m->offset) : preadv(fd, r->rows, r->count, m->offset);
    } while (n < 0 && errno == EINTR);
    return n;
}

static const char *transfer(struct guest_instance *i, union engine_slot *s, const struct move *m)
{
    int code;
    struct ranges ranges;
    uint64_t right = (m->write ? GUEST_RIGHT_WRITE : GUEST_RIGHT_READ) | (m->offset >= 0 ? GUEST_RIGHT_SEEK : 0);
    const struct guest_open_file *f = find(i, s[0].u32, right, &code);
    if (!f)
        return wasi_answer(s, code);
    if (load_ranges(i, m->ranges, m->count, &ranges) < 0 || guest_put_u32(i, m->result, 0) < 0)
        return wasi_answer(s, WASI_EFAULT); /* before anything is done that could not be told */
    ssize_t n = move(f->fd, m, &ranges);
    if (n < 0)
        return done(s, -1);
    return wasi_stored(s, guest_put_u32(i, m->result, (uint32_t)n), 0);
}

/* To the log. */
static const char *say(struct guest_instance *i, union engine_slot *s, const struct move *m)
{
    struct ranges ranges;
    uint32_t fd = s[0].u32;
    if (load_ranges(i, m->ranges, m->count, &ranges) < 0)
        return wasi_answer(s, WASI_EFAULT);
    size_t taken = 0;
    for (int n = 0; n < ranges.count && taken < WRITE_BYTES; n++) {
        size_t len = ranges.rows[n].iov_len, left = WRITE_BYTES - taken;
        len = len < left ? len : left;
        guest_line_add(&i->out[fd - 1], i->log, fd == 1 ? MOCKET_LOG_INFO : MOCKET_LOG_WARN,
                       (mocket_span){ ranges.rows[n].iov_base, len });
        taken += len;
    }
    return wasi_stored(s, guest_put_u32(i, m->result, (uint32_t)taken), 0);
}

/* fd_read(fd, ranges, count, result): standard input is at its end. */
static const char *fd_read(void *data, union engine_slot *s)
{
    struct move m = { .offset = -1, .ranges = s[1].u32, .count = s[2].u32, .result = s[3].u32 };
    if (s[0].u32 == 0)
        return wasi_stored(s, guest_put_u32(data, m.result, 0), 0);
    return is_output(s[0].u32) ? wasi_answer(s, WASI_EBADF) : transfer(data, s, &m);
}

/* fd_write(fd, ranges, count, result) */
static const char *fd_write(void *data, union engine_slot *s)
{
    struct move m = { .write = true, .offset = -1, .ranges = s[1].u32, .count = s[2].u32, .result = s[3].u32 };
    if (s[0].u32 == 0)
        return wasi_answer(s, WASI_EBADF);
    return is_output(s[0].u32) ? say(data, s, &m) : transfer(data, s, &m);
}

static const char *transfer_at(void *data, union engine_slot *s, bool write)
{
    struct move m = { .write = write, .ranges = s[1].u32, .count = s[2].u32, .result = s[4].u32 };
    if (s[0].u32 < WASI_STDIO)
        return wasi_answer(s, WASI_ESPIPE);
    if (s[3].u64 > INT64_MAX)
        return wasi_answer(s, WASI_EINVAL);
    m.offset = s[3].i64;
    return transfer(data, s, &m);
}

/* fd_pread(fd, ranges, count, offset i64, result) */
static const char *fd_pread(void *data, union engine_slot *s)
{
    return transfer_at(data, s, false);
}

/* fd_pwrite(fd, ranges, count, offset i64, result) */
static const char *fd_pwrite(void *data, union engine_slot *s)
{
    return transfer_at(data, s, true);
}

static const char *seek(struct guest_instance *i, union engine_slot *s, int64_t offset, uint32_t whence,
                        uint32_t result)
{
    static const int whences[] = { SEEK_SET, SEEK_CUR, SEEK_END };
    int code;
    bool tells = whence == 1 && offset == 0;
    const struct guest_open_file *f = find(i, s[0].u32, tells ? GUEST_RIGHT_TELL : GUEST_RIGHT_SEEK, &code);
    if (!f)
        return wasi_answer(s, s[0].u32 < WASI_STDIO ? WASI_ESPIPE : code);
    if (whence >= sizeof whences / sizeof *whences)
        return wasi_answer(s, WASI_EINVAL);
    off_t at = lseek(f->fd, offset, whences[whence]);
    if (at < 0)
        return done(s, -1);
    return wasi_stored(s, guest_put_u64(i, result, (uint64_t)at), 0);
}

/* fd_seek(fd, offset i64, whence, result) */
static const char *fd_seek(void *data, union engine_slot *s)
{
    return seek(data, s, s[1].i64, s[2].u32, s[3].u32);
}

/* fd_tell(fd, result) */
static const char *fd_tell(void *data, union engine_slot *s)
{
    return seek(data, s, 0, 1, s[1].u32);
}

/* ---- Listing a folder ---- */

/* What the kernel gives (getdents64). */
struct kernel_entry {
    uint64_t inode;
    int64_t next;
    uint16_t len;
    uint8_t type;
    char name[];
};

struct listing {
    unsigned char *at;
    size_t left;
};

static void list_bytes(struct listing *l, const void *bytes, size_t len)
{
    len = len < l->left ? len : l->left;
    memcpy(l->at, bytes, len);
    l->at += len;
    l->left -= len;
}

/* One entry, cut where the room ends: that is how a guest sees that there is more. */
static void list_entry(struct listing *l, const struct kernel_entry *e)
{
    unsigned char head[24] = { 0 };
    size_t len = strlen(e->name);
    mocket__store_u64(head, (uint64_t)e->next);
    mocket__store_u64(head + 8, e->inode);
    mocket__store_u32(head + 16, (uint32_t)len);
    head[20] = wasi_type((mode_t)(e->type << 12)); /* DT_DIR is S_IFDIR >> 12, and so on */
    list_bytes(l, head, sizeof head);
    list_bytes(l, e->name, len);
}

/* 0 or a code. */
static int list(const struct guest_instance *i, int fd, struct listing *l)
{
    _Alignas(struct kernel_entry) char room[4096];
    while (l->left > 0) {
        long n = syscall(SYS_getdents64, fd, room, sizeof room);
        if (n <= 0)
            return n < 0 ? wasi_errno(errno) : WASI_OK;
        for (long at = 0; at < n && l->left > 0;) {
            const struct kernel_entry *e = (const struct kernel_entry *)(const void *)(room + at);
            list_entry(l, e);
            at += e->len;
        }
        if (mocket__deadline_is_over(i->deadline_ns, guest_now_ns()))
            return WASI_ETIMEDOUT;
    }
    return WASI_OK;
}

/* All instances share f->fd and its position, so the folder is opened again. A descriptor, or -1 and errno. */
static int open_listing(const struct guest_instance *i, const struct guest_open_file *f)
{
    struct guest_grants *grants = i->program->grants;
    if (!guest_grants_take_file(grants)) {
        errno = ENFILE;
        return -1;
    }
    int fd = openat(f->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        guest_grants_give_file(grants);
    return fd;
}

static void close_listing(const struct guest_instance *i, int fd)
{
    close(fd);
    guest_grants_give_file(i->program->grants);
}

/* fd_readdir(fd, ptr, cap, cookie i64, result) */
static const char *fd_readdir(void *data, union engine_slot *s)
{
    int code;
    struct guest_instance *i = data;
    struct guest_bytes room;
    uint32_t cap = s[2].u32, result = s[4].u32;
    const struct guest_open_file *f = find(i, s[0].u32, GUEST_RIGHT_READDIR, &code);
    if (!f)
        return wasi_answer(s, code == WASI_ENOTCAPABLE ? WASI_ENOTDIR : code);
    if (cap > LISTING_MAX || s[3].u64 > INT64_MAX)
        return wasi_answer(s, WASI_EINVAL);
    if (guest_span(i, s[1].u32, cap, &room) < 0)
        return wasi_answer(s, WASI_EFAULT);
    int fd = open_listing(i, f);
    if (fd < 0)
        return done(s, -1);
    struct listing l = { room.ptr, room.len };
    code = lseek(fd, s[3].i64, SEEK_SET) < 0 ? wasi_errno(errno) : list(i, fd, &l);
    close_listing(i, fd);
    if (code)
        return wasi_answer(s, code);
    return wasi_stored(s, guest_put_u32(i, result, (uint32_t)(cap - l.left)), 0);
}

/* ---- What a descriptor is ---- */

/* fd_fdstat_get(fd, result): the first three are character devices, so that libc writes line by line. */
static const char *fd_fdstat_get(void *data, union engine_slot *s)
{
    enum { CHARACTER_DEVICE = 2, DIRECTORY = 3, REGULAR = 4, FLAG_APPEND = 1, SIZE = 24 };
    uint32_t fd = s[0].u32;
    struct guest_bytes to;
    const struct guest_open_file *f = guest_files_get(guest_wasi_files(data), fd);
    if (!f && fd >= WASI_STDIO)
        return wasi_answer(s, WASI_EBADF);
    if (guest_span(data, s[1].u32, SIZE, &to) < 0)
        return wasi_answer(s, WASI_EFAULT);
    bool appends = f ? !f->folder && fcntl(f->fd, F_GETFL) & O_APPEND : is_output(fd);
    memset(to.ptr, 0, SIZE);
    to.ptr[0] = !f ? CHARACTER_DEVICE : f->folder ? DIRECTORY : REGULAR;
    to.ptr[2] = appends ? FLAG_APPEND : 0;
    mocket__store_u64(to.ptr + 8, f ? f->rights : is_output(fd) ? GUEST_RIGHT_WRITE : GUEST_RIGHT_READ);
    mocket__store_u64(to.ptr + 16, f ? f->inherit : 0);
    return wasi_answer(s, WASI_OK);
}

/* fd_fdstat_set_flags(fd, flags): to append or not; the others are of the moment of opening. */
static const char *fd_fdstat_set_flags(void *data, union engine_slot *s)
{
    enum { APPEND = 1, NONBLOCK = 4 };
    int code;
    if (s[0].u32 < WASI_STDIO)
        return wasi_answer(s, WASI_OK);
    const struct guest_open_file *f = find(data, s[0].u32, GUEST_RIGHT_SET_FLAGS, &code);
    if (!f)
        return wasi_answer(s, code);
    if (s[1].u32 & ~(uint32_t)(APPEND | NONBLOCK))
        return wasi_answer(s, WASI_ENOTSUP);
    return done(s, fcntl(f->fd, F_SETFL, O_NONBLOCK | (s[1].u32 & APPEND ? O_APPEND : 0)));
}

/* fd_fdstat_set_rights(fd, rights i64, inherit i64): fewer, never more. */
static const char *fd_fdstat_set_rights(void *data, union engine_slot *s)
{
    int code;
    struct guest_open_file *f = find(data, s[0].u32, 0, &code);
    if (!f)
        return wasi_answer(s, code);
    if (s[1].u64 & ~f->rights || s[2].u64 & ~f->inherit)
        return wasi_answer(s, WASI_ENOTCAPABLE);
    f->rights = s[1].u64;
    f->inherit = s[2].u64;
    return wasi_answer(s, WASI_OK);
}

/* fd_filestat_get(fd, result) */
static const char *fd_filestat_get(void *data, union engine_slot *s)
{
    int code;
    struct stat st = { .st_mode = S_IFCHR };
    uint32_t fd = s[0].u32;
    if (fd >= WASI_STDIO) {
        const struct guest_open_file *f = find(data, fd, GUEST_RIGHT_STAT, &code);
        if (!f)
            return wasi_answer(s, code);
        if (fstat(f->fd, &st) < 0)
            return done(s, -1);
    }
    return wasi_stored(s, wasi_put_stat(data, s[1].u32, &st), 0);
}

/* fd_filestat_set_size(fd, size i64) */
static const char *fd_filestat_set_size(void *data, union engine_slot *s)
{
    int code;
    const struct guest_open_file *f = find(data, s[0].u32, GUEST_RIGHT_SET_SIZE, &code);
    if (!f)
        return wasi_answer(s, code);
    return s[1].u64 > INT64_MAX ? wasi_answer(s, WASI_EINVAL) : done(s, ftruncate(f->fd, s[1].i64));
}

/* fd_filestat_set_times(fd, access i64, change i64, flags) */
static const char *fd_filestat_set_times(void *data, union engine_slot *s)
{
    int code;
    struct timespec times[2];
    const struct guest_open_file *f = find(data, s[0].u32, GUEST_RIGHT_SET_TIMES, &code);
    if (!f)
        return wasi_answer(s, code);
    if (!wasi_times(s[1].u64, s[2].u64, s[3].u32, times))
        return wasi_answer(s, WASI_EINVAL);
    return done(s, futimens(f->fd, times));
}

/* ---- The rest ---- */

/* fd_close(fd): closing standard output changes nothing. */
static const char *fd_close(void *data, union engine_slot *s)
{
    struct guest_files *files = guest_wasi_files(data);
    if (s[0].u32 >= WASI_STDIO && !guest_files_get(files, s[0].u32))
        return wasi_answer(s, WASI_EBADF);
    if (files)
        guest_files_close(files, s[0].u32);
    return wasi_answer(s, WASI_OK);
}

/* fd_renumber(from, to) */
static const char *fd_renumber(void *data, union engine_slot *s)
{
    if (s[0].u32 < WASI_STDIO || s[1].u32 < WASI_STDIO)
        return wasi_answer(s, WASI_ENOTSUP);
    return done(s, guest_files_move(guest_wasi_files(data), s[0].u32, s[1].u32));
}

/* fd_advise(fd, offset i64, len i64, advice): taken as read. */
static const char *fd_advise(void *data, union engine_slot *s)
{
    int code;
    return wasi_answer(s, find(data, s[0].u32, GUEST_RIGHT_ADVISE, &code) ? WASI_OK : code);
}

/* fd_allocate(fd, offset i64, len i64): not even asked of the disk. */
static const char *fd_allocate(void *data, union engine_slot *s)
{
    int code;
    return wasi_answer(s, find(data, s[0].u32, 0, &code) ? WASI_ENOTSUP : code);
}

static const char *sync_file(struct guest_instance *i, union engine_slot *s, uint64_t right, int (*sync)(int fd))
{
    int code;
    if (s[0].u32 < WASI_STDIO)
        return wasi_answer(s, WASI_OK);
    const struct guest_open_file *f = find(i, s[0].u32, right, &code);
    return f ? done(s, sync(f->fd)) : wasi_answer(s, code);
}

static const char *fd_datasync(void *data, union engine_slot *s)
{
    return sync_file(data, s, GUEST_RIGHT_DATASYNC, fdatasync);
}

static const char *fd_sync(void *data, union engine_slot *s)
{
    return sync_file(data, s, GUEST_RIGHT_SYNC, fsync);
}

/* The row of a granted folder that is still open, or NULL: libc asks from 3 on, until EBADF. */
static const struct guest_dir *granted(struct guest_instance *i, uint32_t fd)
{
    const struct guest_open_file *f = guest_files_get(guest_wasi_files(i), fd);
    return f ? f->granted : NULL;
}

/* fd_prestat_get(fd, result) */
static const char *fd_prestat_get(void *data, union engine_slot *s)
{
    struct guest_bytes to;
    const struct guest_dir *dir = granted(data, s[0].u32);
    if (!dir)
        return wasi_answer(s, WASI_EBADF);
    if (guest_span(data, s[1].u32, 8, &to) < 0)
        return wasi_answer(s, WASI_EFAULT);
    mocket__store_u64(to.ptr, (uint64_t)strlen(dir->guest) << 32); /* kind 0, a folder; then the length of its name */
    return wasi_answer(s, WASI_OK);
}

/* fd_prestat_dir_name(fd, ptr, cap) */
static const char *fd_prestat_dir_name(void *data, union engine_slot *s)
{
    struct guest_bytes to;
    const struct guest_dir *dir = granted(data, s[0].u32);
    size_t len = dir ? strlen(dir->guest) : 0;
    if (!dir)
        return wasi_answer(s, WASI_EBADF);
    if (s[2].u32 < len)
        return wasi_answer(s, WASI_ENAMETOOLONG);
    if (guest_span(data, s[1].u32, (uint32_t)len, &to) < 0)
        return wasi_answer(s, WASI_EFAULT);
    memcpy(to.ptr, dir->guest, len);
    return wasi_answer(s, WASI_OK);
}

static const struct engine_import rows[] = {
    { WASI_MODULE, "fd_advise", "iIIi:i", fd_advise },
    { WASI_MODULE, "fd_allocate", "iII:i", fd_allocate },
    { WASI_MODULE, "fd_close", "i:i", fd_close },
    { WASI_MODULE, "fd_datasync", "i:i", fd_datasync },
    { WASI_MODULE, "fd_fdstat_get", "ii:i", fd_fdstat_get },
    { WASI_MODULE, "fd_fdstat_set_flags", "ii:i", fd_fdstat_set_flags },
    { WASI_MODULE, "fd_fdstat_set_rights", "iII:i", fd_fdstat_set_rights },
    { WASI_MODULE, "fd_filestat_get", "ii:i", fd_filestat_get },
    { WASI_MODULE, "fd_filestat_set_size", "iI:i", fd_filestat_set_size },
    { WASI_MODULE, "fd_filestat_set_times", "iIIi:i", fd_filestat_set_times },
    { WASI_MODULE, "fd_pread", "iiiIi:i", fd_pread },
    { WASI_MODULE, "fd_prestat_get", "ii:i", fd_prestat_get },
    { WASI_MODULE, "fd_prestat_dir_name", "iii:i", fd_prestat_dir_name },
    { WASI_MODULE, "fd_pwrite", "iiiIi:i", fd_pwrite },
    { WASI_MODULE, "fd_read", "iiii:i", fd_read },
    { WASI_MODULE, "fd_readdir", "iiiIi:i", fd_readdir },
    { WASI_MODULE, "fd_renumber", "ii:i", fd_renumber },
    { WASI_MODULE, "fd_seek", "iIii:i", fd_seek },
    { WASI_MODULE, "fd_sync", "i:i", fd_sync },
    { WASI_MODULE, "fd_tell", "ii:i", fd_tell },
    { WASI_MODULE, "fd_write", "iiii:i", fd_write },
};

struct guest_imports guest_wasi_fd_imports(void)
{
    return (struct guest_imports){ rows, sizeof rows / sizeof *rows };
}
