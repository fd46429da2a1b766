/* As far as wasi-libc needs it (docs/abi.md, section 2): output, clocks, random numbers, arguments, environment, exit.
 * There are no files: functions of paths are ENOSYS, and descriptors other than 0 to 2 are EBADF. Functions that are
 * missing here answer ENOSYS; the tool that joins app and adapter adds them. */
#include "preview1.h"

#include "../../../src/base/deadline.h"
#include "../../../src/base/memory.h"
#include "../../../src/base/span.h"
#include "../../../src/base/word.h"
#include "../../c/guest/wasi_errno.h"
#include "exchange.h"
#include "log.h"
#include "operation.h"

#define EXPORT(name) __attribute__((export_name("wasi_snapshot_preview1." #name)))

enum { STDIO = 3, RANGES_MAX = 1024, PIECE = 4096 };

static int32_t store(uint32_t at, const void *value, size_t len)
{
    if (!app_fits(at, len))
        return WASI_EFAULT;
    app_store(at, value, len);
    return WASI_OK;
}

/* ---- Arguments and environment ---- */

static int32_t sizes(enum port_text_kind kind, uint32_t count_at, uint32_t size_at)
{
    size_t count;
    mocket_span texts = port_texts(kind, &count);
    uint32_t n = (uint32_t)count, size = (uint32_t)texts.len;
    int32_t rc = store(count_at, &n, sizeof n);
    return rc ? rc : store(size_at, &size, sizeof size);
}

static int32_t get(enum port_text_kind kind, uint32_t rows_at, uint32_t text_at)
{
    size_t count;
    mocket_span texts = port_texts(kind, &count);
    int32_t rc = texts.len ? store(text_at, texts.ptr, texts.len) : WASI_OK;
    for (size_t at = 0; at < texts.len && rc == WASI_OK; rows_at += 4) {
        uint32_t address = text_at + (uint32_t)at;
        rc = store(rows_at, &address, sizeof address);
        at = mocket__span_find(texts, '\0', at) + 1;
    }
    return rc;
}

EXPORT(args_sizes_get) int32_t wasi_args_sizes_get(uint32_t count, uint32_t size);
int32_t wasi_args_sizes_get(uint32_t count, uint32_t size)
{
    return sizes(PORT_ARGUMENTS, count, size);
}

EXPORT(args_get) int32_t wasi_args_get(uint32_t rows, uint32_t text);
int32_t wasi_args_get(uint32_t rows, uint32_t text)
{
    return get(PORT_ARGUMENTS, rows, text);
}

EXPORT(environ_sizes_get) int32_t wasi_environ_sizes_get(uint32_t count, uint32_t size);
int32_t wasi_environ_sizes_get(uint32_t count, uint32_t size)
{
    return sizes(PORT_ENVIRONMENT, count, size);
}

EXPORT(environ_get) int32_t wasi_environ_get(uint32_t rows, uint32_t text);
int32_t wasi_environ_get(uint32_t rows, uint32_t text)
{
    return get(PORT_ENVIRONMENT, rows, text);
}

/* ---- Clocks, random numbers, the process ---- */

EXPORT(clock_res_get) int32_t wasi_clock_res_get(uint32_t id, uint32_t at);
int32_t wasi_clock_res_get(uint32_t id, uint32_t at)
{
    uint64_t resolution = 1000;
    return id > 1 ? WASI_EINVAL : store(at, &resolution, sizeof resolution);
}

EXPORT(clock_time_get) int32_t wasi_clock_time_get(uint32_t id, uint64_t precision, uint32_t at);
int32_t wasi_clock_time_get(uint32_t id, uint64_t precision, uint32_t at)
{
    (void)precision;
    if (id > 1)
        return WASI_EINVAL;
    uint64_t ns = port_now_ns(id == 0 ? MOCKET_ABI_WALL : MOCKET_ABI_MONOTONIC);
    return store(at, &ns, sizeof ns);
}

EXPORT(random_get) int32_t wasi_random_get(uint32_t at, uint32_t len);
int32_t wasi_random_get(uint32_t at, uint32_t len)
{
    return adapter_random(at, len) ? WASI_OK : WASI_EFAULT;
}

EXPORT(sched_yield) int32_t wasi_sched_yield(void);
int32_t wasi_sched_yield(void)
{
    return WASI_OK;
}

/* The app's stack cannot be unwound from here: the instance ends. A request that runs is answered first. */
EXPORT(proc_exit) void wasi_proc_exit(uint32_t code);
void wasi_proc_exit(uint32_t code)
{
    struct adapter *a = adapter_here();
    struct mocket_buf text = { 0 };
    adapter_log_flush(a);
    mocket__buf_text(&text, a->running);
    mocket__buf_text(&text, " called exit with code ");
    mocket__buf_decimal(&text, code);
    if (a->state == ADAPTER_STARTING)
        mocket__buf_text(&text, ": on this platform main must return");
    adapter_log(MOCKET_LOG_ERROR, mocket__buf_view(&text));
    if (a->current)
        adapter_exchange_fail(a->current, 500);
    __builtin_trap();
}

/* ---- Descriptors 0, 1 and 2 ---- */

EXPORT(fd_write) int32_t wasi_fd_write(uint32_t fd, uint32_t ranges, uint32_t count, uint32_t result);
int32_t wasi_fd_write(uint32_t fd, uint32_t ranges, uint32_t count, uint32_t result)
{
    struct adapter *a = adapter_here();
    char *piece = a->write_room;
    uint32_t total = 0;
    if (fd != 1 && fd != 2)
        return WASI_EBADF;
    if (count > RANGES_MAX)
        return WASI_EINVAL;
    if (!app_fits(ranges, (size_t)count * 8))
        return WASI_EFAULT;
    for (; count > 0; count--, ranges += 8) {
        uint32_t range[2]; /* address, length */
        app_load(range, ranges, sizeof range);
        if (!app_fits(range[0], range[1]))
            return WASI_EFAULT;
        for (uint32_t done = 0, n; done < range[1]; done += n) {
            n = range[1] - done < sizeof a->write_room ? range[1] - done : sizeof a->write_room;
            app_load(piece, range[0] + done, n);
            adapter_log_add(a, fd - 1, (mocket_span){ piece, n });
        }
        total += range[1];
    }
    return store(result, &total, sizeof total);
}

/* The descriptors look like a terminal, so that a libc flushes each line. */
EXPORT(fd_fdstat_get) int32_t wasi_fd_fdstat_get(uint32_t fd, uint32_t at);
int32_t wasi_fd_fdstat_get(uint32_t fd, uint32_t at)
{
    enum { CHARACTER_DEVICE = 2 };
    unsigned char stat[24] = { CHARACTER_DEVICE };
    return fd < STDIO ? store(at, stat, sizeof stat) : WASI_EBADF;
}

EXPORT(fd_read) int32_t wasi_fd_read(uint32_t fd, uint32_t ranges, uint32_t count, uint32_t result);
int32_t wasi_fd_read(uint32_t fd, uint32_t ranges, uint32_t count, uint32_t result)
{
    (void)ranges, (void)count;
    uint32_t end = 0;
    return fd == 0 ? store(result, &end, sizeof end) : WASI_EBADF;
}

EXPORT(fd_seek) int32_t wasi_fd_seek(uint32_t fd, int64_t offset, uint32_t whence, uint32_t result);
int32_t wasi_fd_seek(uint32_t fd, int64_t offset, uint32_t whence, uint32_t result)
{
    (void)offset, (void)whence, (void)result;
    return fd < STDIO ? WASI_ESPIPE : WASI_EBADF;
}

EXPORT(fd_close) int32_t wasi_fd_close(uint32_t fd);
int32_t wasi_fd_close(uint32_t fd)
{
    return fd < STDIO ? WASI_OK : WASI_EBADF;
}

EXPORT(fd_prestat_get) int32_t wasi_fd_prestat_get(uint32_t fd, uint32_t at);
int32_t wasi_fd_prestat_get(uint32_t fd, uint32_t at)
{
    (void)fd, (void)at;
    return WASI_EBADF;
}

EXPORT(fd_prestat_dir_name) int32_t wasi_fd_prestat_dir_name(uint32_t fd, uint32_t at, uint32_t len);
int32_t wasi_fd_prestat_dir_name(uint32_t fd, uint32_t at, uint32_t len)
{
    (void)fd, (void)at, (void)len;
    return WASI_EBADF;
}

/* ---- poll_oneoff: what a libc makes of sleep ---- */

enum { SUBSCRIPTION = 48, EVENT = 32, SUBSCRIPTIONS_MAX = 256, TAG_CLOCK = 0, ABSOLUTE = 1 };

/* Nanoseconds until the subscription is due. Descriptors are always ready. */
static uint64_t wait_ns(const unsigned char *subscription)
{
    uint64_t timeout = mocket__load_u64(subscription + 24);
    if (subscription[8] != TAG_CLOCK)
        return 0;
    if (!(mocket__load_u16(subscription + 40) & ABSOLUTE))
        return timeout;
    int clock = mocket__load_u32(subscription + 16) == 0 ? MOCKET_ABI_WALL : MOCKET_ABI_MONOTONIC;
    return mocket__deadline_left(timeout, port_now_ns(clock));
}

/* Waits as the request that runs. False: the request is cancelled. */
static bool wait_for(struct adapter *a, uint64_t ns)
{
    struct adapter_operation *op;
    if (a->current->owner.death || adapter_operation_begin(a, &a->current->owner, &op) < 0)
        return false;
    op->until_ns = mocket__deadline_after(port_now_ns(MOCKET_ABI_MONOTONIC), ns);
    while (!op->ended)
        adapter_wait(a, true);
    return adapter_operation_take(a, op) == 0;
}

static int32_t report(unsigned char *in, uint32_t count, uint64_t waited_ns, struct adapter_range out)
{
    uint32_t stored = 0; /* out: its length is the address of the count */
    for (uint32_t i = 0; i < count; i++) {
        const unsigned char *s = in + (size_t)i * SUBSCRIPTION;
        unsigned char event[EVENT] = { 0 };
        if (s[8] == TAG_CLOCK && wait_ns(s) > waited_ns)
            continue;
        memcpy(event, s, 8); /* what the app knows it by */
        event[10] = s[8];
        app_store(out.at + EVENT * stored++, event, EVENT);
    }
    return store(out.len, &stored, sizeof stored);
}

EXPORT(poll_oneoff) int32_t wasi_poll_oneoff(uint32_t in, uint32_t out, uint32_t count, uint32_t stored);
int32_t wasi_poll_oneoff(uint32_t in, uint32_t out, uint32_t count, uint32_t stored)
{
    struct adapter *a = adapter_here();
    uint64_t least = MOCKET_NEVER;
    if (!a->current || a->current->call != ADAPTER_CALLED || !(a->traits & APP_DIRECT))
        return WASI_ENOSYS;
    if (count == 0 || count > SUBSCRIPTIONS_MAX)
        return WASI_EINVAL;
    if (!app_fits(in, (size_t)count * SUBSCRIPTION) || !app_fits(out, (size_t)count * EVENT))
        return WASI_EFAULT;
    unsigned char *rows = mocket__realloc(NULL, (size_t)count * SUBSCRIPTION);
    if (!rows)
        return WASI_ENOMEM;
    app_load(rows, in, (size_t)count * SUBSCRIPTION);
    for (uint32_t i = 0; i < count; i++)
        least = mocket__deadline_first(least, wait_ns(rows + (size_t)i * SUBSCRIPTION));
    int32_t rc = least > 0 && !wait_for(a, least) ? WASI_EINTR
                                                  : report(rows, count, least, (struct adapter_range){ out, stored });
    mocket__free(rows);
    return rc;
}
