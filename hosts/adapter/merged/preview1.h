/* Preview 1 of WASI, as far as adapters that are merged into an app's module call it themselves. The app's own calls go
 * to the platform, except for those of output.c. */
#ifndef MOCKET_HOSTS_ADAPTER_MERGED_PREVIEW1_H
#define MOCKET_HOSTS_ADAPTER_MERGED_PREVIEW1_H

#include <stddef.h>
#include <stdint.h>

#define PREVIEW1(name) __attribute__((import_module("wasi_snapshot_preview1"), import_name(#name)))

struct p1_range {
    const void *ptr;
    size_t len;
};

enum { P1_STDIN, P1_STDOUT, P1_STDERR };
enum { P1_WALL, P1_MONOTONIC };
enum { P1_CLOCK, P1_READ, P1_WRITE }; /* what a subscription waits for */

struct p1_subscription {
    uint64_t data;
    uint8_t kind;
    uint32_t id; /* a clock, or a descriptor */
    uint64_t timeout_ns, precision;
    uint16_t flags; /* 0: the timeout is relative */
};
struct p1_event {
    uint64_t data;
    uint16_t error;
    uint8_t kind;
    uint64_t bytes;
    uint16_t flags;
};

PREVIEW1(environ_sizes_get) int p1_environ_sizes_get(size_t *count, size_t *len);
PREVIEW1(environ_get) int p1_environ_get(char **rows, char *texts);
PREVIEW1(clock_time_get) int p1_clock_time_get(uint32_t clock, uint64_t precision, uint64_t *ns);
PREVIEW1(random_get) int p1_random_get(void *to, size_t len);
PREVIEW1(fd_read) int p1_fd_read(int fd, const struct p1_range *ranges, size_t count, size_t *done);
PREVIEW1(fd_write) int p1_fd_write(int fd, const struct p1_range *ranges, size_t count, size_t *done);
PREVIEW1(fd_fdstat_get) int p1_fd_fdstat_get(int fd, void *stat);
PREVIEW1(poll_oneoff)
int p1_poll_oneoff(const struct p1_subscription *in, struct p1_event *out, size_t count, size_t *stored);
PREVIEW1(proc_exit) _Noreturn void p1_proc_exit(int code);

#endif
