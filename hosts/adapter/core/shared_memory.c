/* For an adapter that is merged into the app's module (src/wasm/merge.h): both have one memory, and copies are plain.
 * The app's memory ends at the app's own pages: what is above belongs to the adapter. */
#include <string.h>

#include "app.h"

#define PAGE 65536u

APP_EXPORT(memory_pages) uint32_t app_pages(void); /* not an export of the app: the merger makes it */

bool app_fits(uint32_t at, size_t len)
{
    return len == 0 || (uint64_t)at + len <= (uint64_t)app_pages() * PAGE;
}

void app_load(void *to, uint32_t at, size_t len)
{
    memcpy(to, (const void *)(uintptr_t)at, len); /* NOLINT(performance-no-int-to-ptr): an address of the app */
}

void app_store(uint32_t at, const void *from, size_t len)
{
    memcpy((void *)(uintptr_t)at, from, len); /* NOLINT(performance-no-int-to-ptr) */
}
