/* Random bytes for guests, of cryptographic quality. */
#ifndef MOCKET_HOSTS_C_GUEST_RANDOM_H
#define MOCKET_HOSTS_C_GUEST_RANDOM_H

#include <stdint.h>

struct guest_instance;

/* Fills a range of the guest's memory. 0, MOCKET_EFAULT, or MOCKET_ETIMEDOUT when the guest's time ran out
 * meanwhile. */
int guest_random(struct guest_instance *instance, uint32_t offset, uint32_t len);

#endif
