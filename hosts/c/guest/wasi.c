/* WASI preview 1, as far as a guest of ours needs it: output goes to the log line by line, clocks and random numbers
 * work, there is one argument and no environment, no file can be opened. All functions exist, so that any program
 * links; the rest answers ENOTCAPABLE, EBADF or ENOSYS.
 *
 * Nothing here may block the thread or run for long: poll_oneoff (what sleep becomes) answers ENOSYS, fd_write takes a
 * bounded number of bytes and tells how many. */
#include <mocket.h>
#include <string.h>
#include <time.h>

#include "imports.h"
#include "instance.h"
#include "random.h"
#include "span.h"

#define WASI "wasi_snapshot_preview1"
#define WRITE_RANGES 64u   /* of one fd_write that are looked at */
#define WRITE_BYTES 65536u /* of one fd_write that are taken */

enum { /* of the specification's errno */
       WASI_OK = 0,
       WASI_EBADF = 8,
       WASI_EFAULT = 21,
       WASI_EINVAL = 28,
       WASI_EIO = 29,
       WASI_ENOSYS = 52,
       WASI_ENOTSUP = 58,
       WASI_ESPIPE = 70,
       WASI_ENOTCAPABLE = 76
};

static const char *answer(union engine_slot *s, int code)
{
    s[0].words[0] = 0;
    s[0].i32 = code;
    return NULL;
}

/* 0 or EFAULT, whatever the two results were. */
static const char *stored(union engine_slot *s, int first, int second)
{
    return answer(s, first < 0 || second < 0 ? WASI_EFAULT : WASI_OK);
}

/* ---- Arguments and environment: argv[0] is the module's name ---- */

/* args_get(argv, text) */
static const char *args_get(void *data, union engine_slot *s)
{
    struct guest_instance *i = data;
    const char *name = i->program->module->name;
    struct guest_bytes to;
    uint32_t argv = s[0].u32, text = s[1].u32, len = (uint32_t)strlen(name) + 1;
    int rc = guest_span(i, text, len, &to);
    if (rc == 0)
        memcpy(to.ptr, name, len);
    return stored(s, rc, guest_put_u32(i, argv, text));
}

/* args_sizes_get(count, bytes) */
static const char *args_sizes_get(void *data, union engine_slot *s)
{
    struct guest_instance *i = data;
    uint32_t len = (uint32_t)strlen(i->program->module->name) + 1;
    return stored(s, guest_put_u32(i, s[0].u32, 1), guest_put_u32(i, s[1].u32, len));
}

/* environ_sizes_get(count, bytes) */
static const char *environ_sizes_get(void *data, union engine_slot *s)
{
    return stored(s, guest_put_u32(data, s[0].u32, 0), guest_put_u32(data, s[1].u32, 0));
}

/* ---- Clocks ---- */

static bool clock_of(uint32_t id, clockid_t *clock)
{
    static const clockid_t clocks[] = { CLOCK_REALTIME, CLOCK_MONOTONIC };
    if (id >= sizeof clocks / sizeof *clocks)
        return false;
    *clock = clocks[id];
    return true;
}

static uint64_t nanoseconds(struct timespec t)
{
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* clock_res_get(id, result) */
static const char *clock_res_get(void *data, union engine_slot *s)
{
    clockid_t clock;
    struct timespec t;
    if (!clock_of(s[0].u32, &clock))
        return answer(s, WASI_EINVAL);
    clock_getres(clock, &t);
    return stored(s, guest_put_u64(data, s[1].u32, nanoseconds(t)), 0);
}

/* clock_time_get(id, precision i64, result) */
static const char *clock_time_get(void *data, union engine_slot *s)
{
    clockid_t clock;
    struct timespec t;
    if (!clock_of(s[0].u32, &clock))
        return answer(s, WASI_EINVAL);
    clock_gettime(clock, &t);
    return stored(s, guest_put_u64(data, s[2].u32, nanoseconds(t)), 0);
}

/* ---- Standard input, output and error: descriptors 0, 1, 2. There are no others ---- */

static bool is_output(uint32_t fd)
{
    return fd == 1 || fd == 2;
}

/* fd_close(fd): closing standard output changes nothing. */
static const char *fd_close(void *data, union engine_slot *s)
{
    (void)data;
    return answer(s, s[0].u32 <= 2 ? WASI_OK : WASI_EBADF);
}

/* fd_fdstat_get(fd, result): character devices, so that libc writes line by line. */
static const char *fd_fdstat_get(void *data, union engine_slot *s)
{
    enum { CHARACTER_DEVICE = 2, FLAG_APPEND = 1, RIGHT_READ = 1 << 1, RIGHT_WRITE = 1 << 6, SIZE = 24 };
    uint32_t fd = s[0].u32;
    struct guest_bytes to;
    if (fd > 2)
        return answer(s, WASI_EBADF);
    if (guest_span(data, s[1].u32, SIZE, &to) < 0)
        return answer(s, WASI_EFAULT);
    memset(to.ptr, 0, SIZE);
    to.ptr[0] = CHARACTER_DEVICE;
    to.ptr[2] = is_output(fd) ? FLAG_APPEND : 0;
    to.ptr[8] = is_output(fd) ? RIGHT_WRITE : RIGHT_READ;
    return answer(s, WASI_OK);
}

/* fd_filestat_get(fd, result) */
static const char *fd_filestat_get(void *data, union engine_slot *s)
{
    enum { CHARACTER_DEVICE = 2, SIZE = 64, TYPE_AT = 16 };
    struct guest_bytes to;
    if (s[0].u32 > 2)
        return answer(s, WASI_EBADF);
    if (guest_span(data, s[1].u32, SIZE, &to) < 0)
        return answer(s, WASI_EFAULT);
    memset(to.ptr, 0, SIZE);
    to.ptr[TYPE_AT] = CHARACTER_DEVICE;
    return answer(s, WASI_OK);
}

/* fd_read(fd, ranges, count, result): standard input is at its end. */
static const char *fd_read(void *data, union engine_slot *s)
{
    if (s[0].u32 != 0)
        return answer(s, WASI_EBADF);
    return stored(s, guest_put_u32(data, s[3].u32, 0), 0);
}

static uint32_t load_u32(const unsigned char *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* fd_write(fd, ranges, count, result): takes what fits in the bounds; libc comes again with the rest. */
static const char *fd_write(void *data, union engine_slot *s)
{
    struct guest_instance *i = data;
    uint32_t fd = s[0].u32, ranges_at = s[1].u32, result = s[3].u32;
    uint32_t count = s[2].u32 < WRITE_RANGES ? s[2].u32 : WRITE_RANGES;
    struct guest_bytes ranges, piece;
    if (!is_output(fd))
        return answer(s, WASI_EBADF);
    if (guest_span(i, ranges_at, count * 8, &ranges) < 0)
        return answer(s, WASI_EFAULT);
    size_t taken = 0;
    for (uint32_t n = 0; n < count && taken < WRITE_BYTES; n++) {
        if (guest_span(i, load_u32(ranges.ptr + n * 8), load_u32(ranges.ptr + n * 8 + 4), &piece) < 0)
            return answer(s, WASI_EFAULT);
        size_t len = piece.len < WRITE_BYTES - taken ? piece.len : WRITE_BYTES - taken;
        guest_line_add(&i->out[fd - 1], i->log, fd == 1 ? MOCKET_LOG_INFO : MOCKET_LOG_WARN,
                       (mocket_span){ (const char *)piece.ptr, len });
        taken += len;
    }
    return stored(s, guest_put_u32(i, result, (uint32_t)taken), 0);
}

/* fd_seek, fd_tell */
static const char *no_seek(void *data, union engine_slot *s)
{
    (void)data;
    return answer(s, s[0].u32 <= 2 ? WASI_ESPIPE : WASI_EBADF);
}

/* fd_datasync, fd_sync, fd_fdstat_set_flags: done for the three that exist. */
static const char *fd_nothing(void *data, union engine_slot *s)
{
    (void)data;
    return answer(s, s[0].u32 <= 2 ? WASI_OK : WASI_EBADF);
}

/* Anything that needs a file: the three are none. */
static const char *no_file(void *data, union engine_slot *s)
{
    (void)data;
    return answer(s, s[0].u32 <= 2 ? WASI_ENOTSUP : WASI_EBADF);
}

/* There are no preopened directories; libc asks from 3 on. */
static const char *no_directory(void *data, union engine_slot *s)
{
    (void)data;
    return answer(s, WASI_EBADF);
}

/* Paths and sockets are relative to a descriptor that was granted. */
static const char *not_granted(void *data, union engine_slot *s)
{
    (void)data;
    return answer(s, WASI_ENOTCAPABLE);
}

/* ---- The process ---- */

static const char *not_there(void *data, union engine_slot *s)
{
    (void)data;
    return answer(s, WASI_ENOSYS);
}

static const char *success(void *data, union engine_slot *s)
{
    (void)data;
    return answer(s, WASI_OK);
}

/* proc_exit(code): unwinds the guest. */
static const char *proc_exit(void *data, union engine_slot *s)
{
    struct guest_instance *i = data;
    i->exited = true;
    i->exit_code = s[0].u32;
    return "exit";
}

/* random_get(ptr, len) */
static const char *random_get(void *data, union engine_slot *s)
{
    int rc = guest_random(data, s[0].u32, s[1].u32);
    return answer(s, rc == 0 ? WASI_OK : rc == MOCKET_EFAULT ? WASI_EFAULT : WASI_EIO);
}

static const struct engine_import rows[] = {
    { WASI, "args_get", "ii:i", args_get },
    { WASI, "args_sizes_get", "ii:i", args_sizes_get },
    { WASI, "environ_get", "ii:i", success },
    { WASI, "environ_sizes_get", "ii:i", environ_sizes_get },
    { WASI, "clock_res_get", "ii:i", clock_res_get },
    { WASI, "clock_time_get", "iIi:i", clock_time_get },
    { WASI, "fd_advise", "iIIi:i", no_file },
    { WASI, "fd_allocate", "iII:i", no_file },
    { WASI, "fd_close", "i:i", fd_close },
    { WASI, "fd_datasync", "i:i", fd_nothing },
    { WASI, "fd_fdstat_get", "ii:i", fd_fdstat_get },
    { WASI, "fd_fdstat_set_flags", "ii:i", fd_nothing },
    { WASI, "fd_fdstat_set_rights", "iII:i", no_file },
    { WASI, "fd_filestat_get", "ii:i", fd_filestat_get },
    { WASI, "fd_filestat_set_size", "iI:i", no_file },
    { WASI, "fd_filestat_set_times", "iIIi:i", no_file },
    { WASI, "fd_pread", "iiiIi:i", no_seek },
    { WASI, "fd_prestat_get", "ii:i", no_directory },
    { WASI, "fd_prestat_dir_name", "iii:i", no_directory },
    { WASI, "fd_pwrite", "iiiIi:i", no_seek },
    { WASI, "fd_read", "iiii:i", fd_read },
    { WASI, "fd_readdir", "iiiIi:i", no_file },
    { WASI, "fd_renumber", "ii:i", no_file },
    { WASI, "fd_seek", "iIii:i", no_seek },
    { WASI, "fd_sync", "i:i", fd_nothing },
    { WASI, "fd_tell", "ii:i", no_seek },
    { WASI, "fd_write", "iiii:i", fd_write },
    { WASI, "path_create_directory", "iii:i", not_granted },
    { WASI, "path_filestat_get", "iiiii:i", not_granted },
    { WASI, "path_filestat_set_times", "iiiiIIi:i", not_granted },
    { WASI, "path_link", "iiiiiii:i", not_granted },
    { WASI, "path_open", "iiiiiIIii:i", not_granted },
    { WASI, "path_readlink", "iiiiii:i", not_granted },
    { WASI, "path_remove_directory", "iii:i", not_granted },
    { WASI, "path_rename", "iiiiii:i", not_granted },
    { WASI, "path_symlink", "iiiii:i", not_granted },
    { WASI, "path_unlink_file", "iii:i", not_granted },
    { WASI, "poll_oneoff", "iiii:i", not_there },
    { WASI, "proc_exit", "i:", proc_exit },
    { WASI, "proc_raise", "i:i", not_there },
    { WASI, "random_get", "ii:i", random_get },
    { WASI, "sched_yield", ":i", success },
    { WASI, "sock_accept", "iii:i", not_granted },
    { WASI, "sock_recv", "iiiiii:i", not_granted },
    { WASI, "sock_send", "iiiii:i", not_granted },
    { WASI, "sock_shutdown", "ii:i", not_granted },
};

struct guest_imports guest_wasi_imports(void)
{
    return (struct guest_imports){ rows, sizeof rows / sizeof *rows };
}
