/* Results of WASI in memory, as the canonical ABI lays them out. */
#ifndef MOCKET_HOSTS_ADAPTER_WASI_RESULT_H
#define MOCKET_HOSTS_ADAPTER_WASI_RESULT_H

#include <stddef.h>
#include <stdint.h>

/* Room for any result: 48 bytes, 8-aligned. */
union wasi_result {
    uint8_t bytes[48];
    uint32_t words[12];
    uint64_t longs[6];
};

/* A list or a string. */
struct wasi_list {
    const char *ptr;
    size_t len;
};

#endif
