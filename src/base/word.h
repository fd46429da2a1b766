/* Little-endian words in bytes, whatever the machine is: the guest ABI, WASI and our own files are made of them. No
 * alignment is asked for. Compilers make one load or one store of each. */
#ifndef MOCKET_BASE_WORD_H
#define MOCKET_BASE_WORD_H

#include <stdint.h>

static inline uint16_t mocket__load_u16(const void *at)
{
    const unsigned char *p = at;
    return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t mocket__load_u32(const void *at)
{
    const unsigned char *p = at;
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint64_t mocket__load_u64(const void *at)
{
    const unsigned char *p = at;
    return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24 | (uint64_t)p[4] << 32 |
           (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 | (uint64_t)p[7] << 56;
}

static inline void mocket__store_u16(void *at, uint16_t word)
{
    unsigned char *p = at;
    p[0] = (unsigned char)word;
    p[1] = (unsigned char)(word >> 8);
}

static inline void mocket__store_u32(void *at, uint32_t word)
{
    unsigned char *p = at;
    p[0] = (unsigned char)word;
    p[1] = (unsigned char)(word >> 8);
    p[2] = (unsigned char)(word >> 16);
    p[3] = (unsigned char)(word >> 24);
}

static inline void mocket__store_u64(void *at, uint64_t word)
{
    mocket__store_u32(at, (uint32_t)word);
    mocket__store_u32((unsigned char *)at + 4, (uint32_t)(word >> 32));
}

#endif
