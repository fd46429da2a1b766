/* A guest can ask for gigabytes at once, and no deadline of the engine interrupts a host function: so the range is
 * filled piece by piece, and the guest's deadline is looked at in between. */
#include "random.h"

#include <sys/random.h>

#include "instance.h"
#include "span.h"

#define PIECE 65536u

int guest_random(struct guest_instance *instance, uint32_t offset, uint32_t len)
{
    struct guest_bytes to;
    int rc = guest_span(instance, offset, len, &to);
    if (rc < 0)
        return rc;
    for (size_t at = 0; at < to.len;) {
        size_t left = to.len - at;
        ssize_t n = getrandom(to.ptr + at, left < PIECE ? left : PIECE, 0);
        if (n > 0)
            at += (size_t)n;
        if (at < to.len && mocket__deadline_is_over(instance->deadline_ns, guest_now_ns()))
            return MOCKET_ETIMEDOUT;
    }
    return 0;
}
