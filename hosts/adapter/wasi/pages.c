/* Memory of an adapter with a memory of its own: at first what its first pages have behind data and stack, then more
 * pages. */
#include "../core/port.h"

#define PAGE 65536u

extern char __heap_base, __heap_end; /* wasm-ld's: from the end of data and stack to the end of the first pages */

void *port_grow(size_t *len)
{
    static bool started;
    char *first = &__heap_base + (-(uintptr_t)&__heap_base & 15);
    size_t left = (size_t)(&__heap_end - first);
    if (!started && left >= *len) {
        started = true;
        *len = left;
        return first;
    }
    size_t pages = (*len + PAGE - 1) / PAGE, at = __builtin_wasm_memory_grow(0, pages);
    if (at == SIZE_MAX)
        return NULL;
    *len = pages * PAGE;
    return (void *)(uintptr_t)(at * PAGE);
}
