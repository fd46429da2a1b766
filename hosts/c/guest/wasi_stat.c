/* Numbers and layouts of the specification: errno, filetype, filestat, fstflags. */
#include "wasi_stat.h"

#include <errno.h>
#include <mocket.h>
#include <string.h>

#include "../../../src/base/deadline.h"
#include "../../../src/base/word.h"
#include "span.h"
#include "wasi.h"

int wasi_errno(int number)
{
    static const struct {
        int ours, theirs;
    } rows[] = {
        { E2BIG, WASI_E2BIG },     { EACCES, WASI_EACCES },
        { EAGAIN, WASI_EAGAIN },   { EBADF, WASI_EBADF },
        { EBUSY, WASI_EBUSY },     { EDQUOT, WASI_EDQUOT },
        { EEXIST, WASI_EEXIST },   { EFAULT, WASI_EFAULT },
        { EFBIG, WASI_EFBIG },     { EILSEQ, WASI_EILSEQ },
        { EINVAL, WASI_EINVAL },   { EISDIR, WASI_EISDIR },
        { ELOOP, WASI_ELOOP },     { EMFILE, WASI_EMFILE },
        { EMLINK, WASI_EMLINK },   { ENAMETOOLONG, WASI_ENAMETOOLONG },
        { ENFILE, WASI_ENFILE },   { ENOENT, WASI_ENOENT },
        { ENOMEM, WASI_ENOMEM },   { ENOSPC, WASI_ENOSPC },
        { ENOTDIR, WASI_ENOTDIR }, { ENOTEMPTY, WASI_ENOTEMPTY },
        { ENOTSUP, WASI_ENOTSUP }, { EOVERFLOW, WASI_EOVERFLOW },
        { EPERM, WASI_EPERM },     { EROFS, WASI_EROFS },
        { ESPIPE, WASI_ESPIPE },   { EXDEV, WASI_EXDEV },
        { ENXIO, WASI_EACCES },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].ours == number)
            return rows[i].theirs;
    return WASI_EIO;
}

unsigned char wasi_type(mode_t mode)
{
    enum { BLOCK = 1, CHARACTER = 2, DIRECTORY = 3, REGULAR = 4, LINK = 7 };
    switch (mode & S_IFMT) {
    case S_IFBLK:
        return BLOCK;
    case S_IFCHR:
        return CHARACTER;
    case S_IFDIR:
        return DIRECTORY;
    case S_IFREG:
        return REGULAR;
    case S_IFLNK:
        return LINK;
    default:
        return 0;
    }
}

int wasi_put_stat(const struct guest_instance *instance, uint32_t offset, const struct stat *st)
{
    enum { SIZE = 64 };
    struct guest_bytes to;
    if (guest_span(instance, offset, SIZE, &to) < 0)
        return MOCKET_EFAULT;
    memset(to.ptr, 0, SIZE);
    mocket__store_u64(to.ptr, st->st_dev);
    mocket__store_u64(to.ptr + 8, st->st_ino);
    to.ptr[16] = wasi_type(st->st_mode);
    mocket__store_u64(to.ptr + 24, st->st_nlink);
    mocket__store_u64(to.ptr + 32, (uint64_t)st->st_size);
    mocket__store_u64(to.ptr + 40, mocket__timespec_ns(st->st_atim));
    mocket__store_u64(to.ptr + 48, mocket__timespec_ns(st->st_mtim));
    mocket__store_u64(to.ptr + 56, mocket__timespec_ns(st->st_ctim));
    return 0;
}

static struct timespec one_time(uint64_t ns, bool set, bool now)
{
    if (!set)
        return (struct timespec){ .tv_nsec = now ? UTIME_NOW : UTIME_OMIT };
    return (struct timespec){ (time_t)(ns / MOCKET_SECOND_NS), (long)(ns % MOCKET_SECOND_NS) };
}

bool wasi_times(uint64_t access_ns, uint64_t change_ns, uint32_t flags, struct timespec times[2])
{
    enum { ACCESS = 1, ACCESS_NOW = 2, CHANGE = 4, CHANGE_NOW = 8, BOTH_ACCESS = 3, BOTH_CHANGE = 12 };
    if (flags > 15 || (flags & BOTH_ACCESS) == BOTH_ACCESS || (flags & BOTH_CHANGE) == BOTH_CHANGE)
        return false;
    times[0] = one_time(access_ns, flags & ACCESS, flags & ACCESS_NOW);
    times[1] = one_time(change_ns, flags & CHANGE, flags & CHANGE_NOW);
    return true;
}
