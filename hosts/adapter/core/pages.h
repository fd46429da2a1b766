/* port_grow for a port whose memory is WebAssembly's: at first what lies behind the adapter's data and stack, then more
 * pages. */
#ifndef MOCKET_HOSTS_ADAPTER_CORE_PAGES_H
#define MOCKET_HOSTS_ADAPTER_CORE_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ADAPTER_PAGE 65536u

extern char __heap_base; /* wasm-ld's: the end of data and stack */

/* end: of the pages that there are before the first call. started: of the port, false at first. */
static inline void *adapter_grow(bool *started, const char *end, size_t *len)
{
    char *first = &__heap_base + (-(uintptr_t)&__heap_base & 15);
    size_t left = (uintptr_t)end - (uintptr_t)first;
    if (!*started && left >= *len) {
        *started = true;
        *len = left;
        return first;
    }
    size_t pages = (*len + ADAPTER_PAGE - 1) / ADAPTER_PAGE, at = __builtin_wasm_memory_grow(0, pages);
    if (at == SIZE_MAX)
        return NULL;
    *len = pages * ADAPTER_PAGE;
    return (void *)(uintptr_t)(at * ADAPTER_PAGE); /* NOLINT(performance-no-int-to-ptr): a new page */
}

#endif
