/* Memory of an adapter with a memory of its own. */
#include "../core/pages.h"

#include "../core/port.h"

extern char __heap_end; /* wasm-ld's: the end of the first pages */

void *port_grow(size_t *len)
{
    static bool started;
    return adapter_grow(&started, &__heap_end, len);
}
