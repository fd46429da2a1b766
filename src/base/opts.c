/* Options structs of any age: each begins with its `uint32_t size`. */
#include <mocket.h>
#include <string.h>

void mocket_opts_read(void *out, size_t out_size, const void *opts)
{
    memset(out, 0, out_size);
    if (!opts)
        return;
    uint32_t size;
    memcpy(&size, opts, sizeof size);
    memcpy(out, opts, size && size < out_size ? size : out_size);
}
