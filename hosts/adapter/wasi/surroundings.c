/* Clocks and random bytes. */
#include "../../../src/base/deadline.h"
#include "../core/port.h"
#include "imports.h"
#include "landing.h"

uint64_t port_now_ns(int clock)
{
    union wasi_result ret;
    if (clock == MOCKET_ABI_MONOTONIC)
        return wasi_monotonic_now();
    wasi_wall_now(&ret);
    return ret.longs[0] * MOCKET_SECOND_NS + ret.words[2];
}

/* 0.3 may return fewer bytes than it was asked for. */
void port_random(void *to, size_t len)
{
    struct wasi_list list;
    for (char *at = to; len > 0; at += list.len, len -= list.len) {
        struct landing_area before = landing_at(at, len);
        wasi_random_bytes(len, &list);
        landing_restore(before);
    }
}
