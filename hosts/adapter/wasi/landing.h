/* Where results of the platform land. The canonical ABI asks cabi_realloc for the room of each list and string. That
 * function belongs to the module `base`, because it must exist before the adapter does; it cuts rooms from the area
 * between two globals. The adapter points the globals at where it wants the next results. If an area is too small, base
 * grows the memory, and the new pages become the area. Each growth is at least twice the last one. */
#ifndef MOCKET_HOSTS_ADAPTER_WASI_LANDING_H
#define MOCKET_HOSTS_ADAPTER_WASI_LANDING_H

#include <stddef.h>

struct landing_area {
    char *at, *end;
};

/* Empties the area for heads: everything that landed in it is gone. */
void landing_reset(void);
/* The next results land at `to`. Returns the area until now, to be put back by landing_restore. */
struct landing_area landing_at(void *to, size_t len);
void landing_restore(struct landing_area area);
/* The area as it is. */
struct landing_area landing_now(void);

/* Results that land between mark and release are gone then. If memory grew for them, the area is in the new pages
 * afterwards, so that the next results fit there. */
struct landing_point {
    struct landing_area area;
    const char *grown;
};
struct landing_point landing_mark(void);
void landing_release(struct landing_point mark);

#endif
