/* An engine with a pool of instances reserves all of its address space when it starts, and ends the process when it
 * cannot. So the host asks first. Three things run out: address space (containers and `ulimit -v` bound it, some
 * machines have 39 bits), data (`ulimit -d` counts what may be written, used or not) and mappings (vm.max_map_count;
 * every live instance splits the pool into several). */
#include "room.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/mman.h>

#define MAPPINGS_DEFAULT 65530 /* the kernel's, when /proc does not tell */

static bool mapped(uint64_t len, int protection)
{
    if (len == 0 || len > SIZE_MAX)
        return len == 0;
    void *at = mmap(NULL, (size_t)len, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED)
        return false;
    munmap(at, (size_t)len);
    return true;
}

bool room_address(uint64_t len)
{
    return mapped(len, PROT_NONE);
}

bool room_data(uint64_t len)
{
    return mapped(len, PROT_READ | PROT_WRITE);
}

uint32_t room_mappings(uint32_t maps_each)
{
    uint64_t limit = MAPPINGS_DEFAULT;
    FILE *f = fopen("/proc/sys/vm/max_map_count", "re");
    if (f) {
        uint64_t told;
        if (fscanf(f, "%" SCNu64, &told) == 1 && told > 0)
            limit = told;
        fclose(f);
    }
    uint64_t fit = limit / 2 / maps_each;
    return fit > UINT32_MAX ? UINT32_MAX : (uint32_t)fit;
}
