/* The only way to a guest's bytes. */
#ifndef MOCKET_HOSTS_C_GUEST_SPAN_H
#define MOCKET_HOSTS_C_GUEST_SPAN_H

#include <stddef.h>
#include <stdint.h>

struct guest_instance;

struct guest_bytes {
    unsigned char *ptr; /* not NULL, also when len is 0 */
    size_t len;
};

/* Checks a range against the memory as it is now. Ask anew after anything that may have run in the guest: its memory
 * moves and grows. len 0 is a valid range wherever it is. 0 or MOCKET_EFAULT. */
int guest_span(const struct guest_instance *instance, uint32_t offset, uint32_t len, struct guest_bytes *out);
/* The same for words, which are 4-aligned (docs/abi.md, section 2): else MOCKET_EINVAL. */
int guest_span_aligned(const struct guest_instance *instance, uint32_t offset, uint32_t len, struct guest_bytes *out);

/* Writes a little-endian number of 4 or 8 bytes. 0 or MOCKET_EFAULT. */
int guest_put_u32(const struct guest_instance *instance, uint32_t offset, uint32_t value);
int guest_put_u64(const struct guest_instance *instance, uint32_t offset, uint64_t value);

#endif
