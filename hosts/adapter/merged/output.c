/* The app's calls of preview 1 that must not reach the platform as they are. Standard output and standard input belong
 * to the answer and the request's body, so the app's descriptors 1 and 2 are lines of the log, and its descriptor 0 is
 * empty. An app that exits must not leave its client without an answer. All other calls go to the platform. */
#include "../../../src/base/span.h"
#include "../../c/guest/wasi_errno.h"
#include "../core/log.h"
#include "merged.h"
#include "preview1.h"

#define EXPORT(name) __attribute__((export_name("wasi_snapshot_preview1." #name)))

EXPORT(fd_write) int app_fd_write(int fd, const struct p1_range *ranges, size_t count, size_t *done);
int app_fd_write(int fd, const struct p1_range *ranges, size_t count, size_t *done)
{
    struct adapter *a = adapter_here();
    if (fd != P1_STDOUT && fd != P1_STDERR)
        return p1_fd_write(fd, ranges, count, done);
    size_t total = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t at = (uint32_t)(uintptr_t)ranges[i].ptr;
        if (!app_fits(at, ranges[i].len))
            return WASI_EFAULT;
        adapter_log_add(a, (unsigned)fd - 1, (mocket_span){ ranges[i].ptr, ranges[i].len });
        total += ranges[i].len;
    }
    *done = total;
    return WASI_OK;
}

EXPORT(fd_read) int app_fd_read(int fd, const struct p1_range *ranges, size_t count, size_t *done);
int app_fd_read(int fd, const struct p1_range *ranges, size_t count, size_t *done)
{
    if (fd != P1_STDIN)
        return p1_fd_read(fd, ranges, count, done);
    *done = 0;
    return WASI_OK;
}

/* The descriptors look like a terminal, so that a libc flushes each line. */
EXPORT(fd_fdstat_get) int app_fd_fdstat_get(int fd, void *stat);
int app_fd_fdstat_get(int fd, void *stat)
{
    enum { CHARACTER_DEVICE = 2, STAT_LEN = 24 };
    if (fd < P1_STDIN || fd > P1_STDERR)
        return p1_fd_fdstat_get(fd, stat);
    memset(stat, 0, STAT_LEN);
    *(unsigned char *)stat = CHARACTER_DEVICE;
    return WASI_OK;
}

/* The app's stack cannot be unwound from here: the instance ends. */
EXPORT(proc_exit) void app_proc_exit(uint32_t code);
void app_proc_exit(uint32_t code)
{
    struct adapter *a = adapter_here();
    char text[96], *at = text;
    mocket_span called = MOCKET_SPAN("the app called exit with code "), hint = MOCKET_SPAN(": main must return");
    adapter_log_flush(a);
    memcpy(at, called.ptr, called.len);
    at = mocket__decimal(at + called.len, code);
    if (a->state <= ADAPTER_STARTING) {
        memcpy(at, hint.ptr, hint.len);
        at += hint.len;
    }
    adapter_log_line(MOCKET_LOG_ERROR, (mocket_span){ text, (size_t)(at - text) });
    port_exited();
    p1_proc_exit(1);
}
