/* A hash that cannot be predicted without its key, for tables whose keys clients choose. */
#ifndef MOCKET_BASE_SIPHASH_H
#define MOCKET_BASE_SIPHASH_H

#include <stdint.h>

#include <mocket.h>

struct mocket_siphash_key {
    uint64_t words[2]; /* random */
};

/* SipHash-1-3 of Aumasson and Bernstein. */
uint64_t mocket__siphash(const struct mocket_siphash_key *key, mocket_span bytes);

#endif
