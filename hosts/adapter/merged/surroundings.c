/* Clocks, random bytes, the log and memory by preview 1. The adapter lies at the end of the module's memory: its first
 * piece of heap is behind its data and stack, and memory that grows follows that piece. */
#include "../../../src/base/span.h"
#include "../core/log.h"
#include "../core/pages.h"
#include "preview1.h"

void *port_grow(size_t *len)
{
    static bool started;
    uintptr_t end = __builtin_wasm_memory_size(0) * ADAPTER_PAGE;
    return adapter_grow(&started, (const char *)end, len); /* NOLINT(performance-no-int-to-ptr): the last page */
}

uint64_t port_now_ns(int clock)
{
    uint64_t ns = 0;
    p1_clock_time_get(clock == MOCKET_ABI_WALL ? P1_WALL : P1_MONOTONIC, 1, &ns);
    return ns;
}

void port_random(void *to, size_t len)
{
    if (p1_random_get(to, len) != 0)
        __builtin_trap(); /* never bytes that are not random */
}

/* Nothing but the answer is written to standard output. A platform may take a part of the ranges, so a line is one
 * range, which others cannot write into. */
void port_log(int level, mocket_span line)
{
    mocket_span text = adapter_log_written(level, line);
    const struct p1_range range = { text.ptr, text.len };
    size_t done;
    p1_fd_write(P1_STDERR, &range, 1, &done);
}
