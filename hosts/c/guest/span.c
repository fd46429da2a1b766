/* Every (offset, length) from a guest goes through guest_span. Both are 32-bit, so their sum cannot wrap in 64. */
#include "span.h"

#include <mocket.h>

#include "../../../src/base/word.h"
#include "instance.h"

int guest_span(const struct guest_instance *instance, uint32_t offset, uint32_t len, struct guest_bytes *out)
{
    static unsigned char nothing[1];
    if (len == 0) {
        *out = (struct guest_bytes){ nothing, 0 };
        return 0;
    }
    struct engine_memory memory = engine_memory_of(instance->engine);
    if ((uint64_t)offset + len > memory.size)
        return MOCKET_EFAULT;
    *out = (struct guest_bytes){ memory.base + offset, len };
    return 0;
}

int guest_span_aligned(const struct guest_instance *instance, uint32_t offset, uint32_t len, struct guest_bytes *out)
{
    return len > 0 && offset % sizeof(uint32_t) != 0 ? MOCKET_EINVAL : guest_span(instance, offset, len, out);
}

int guest_put_u32(const struct guest_instance *instance, uint32_t offset, uint32_t value)
{
    struct guest_bytes to;
    int rc = guest_span(instance, offset, sizeof value, &to);
    if (rc == 0)
        mocket__store_u32(to.ptr, value);
    return rc;
}

int guest_put_u64(const struct guest_instance *instance, uint32_t offset, uint64_t value)
{
    struct guest_bytes to;
    int rc = guest_span(instance, offset, sizeof value, &to);
    if (rc == 0)
        mocket__store_u64(to.ptr, value);
    return rc;
}
