/* What one worker counts. Only its own thread writes, anyone may read: so counting is an addition without a lock, and a
 * reader adds up the workers. */
#ifndef MOCKET_HOSTS_C_GUEST_STATS_H
#define MOCKET_HOSTS_C_GUEST_STATS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/* Name; whether it only grows; what it says. The names are those of /stats and, with a prefix, of /metrics. Gauges go
 * up and down by guest_count(..., -1). */
#define GUEST_STATS(X)                                                                                                 \
    X(INSTANCES_STARTED, instances_started, true, "Instances that were started")                                       \
    X(INSTANCES_FAILED, instances_failed, true, "Starts of instances that failed")                                     \
    X(INSTANCES_RETIRED, instances_retired, true, "Instances that ended in good order")                                \
    X(INSTANCES_BROKEN, instances_broken, true, "Instances that ended by a trap, a deadline or a failed start")        \
    X(INSTANCES_IDLE, instances_idle, false, "Instances that wait for a request")                                      \
    X(MEMORY, memory_bytes, false, "Linear memory of live instances, and their GC heaps as far as the engine tells")   \
    X(COLLECTIONS, collections, true, "Calls into guests in which garbage was collected")                              \
    X(TRAPS, traps, true, "Calls into guests that trapped")                                                            \
    X(DEADLINES, deadlines, true, "Calls into guests that ran out of time")                                            \
    X(IN_FLIGHT, requests_in_flight, false, "Requests that were begun and not answered yet")                           \
    X(REQUESTS_1XX, requests_1xx, true, "Requests answered with a status of this class")                               \
    X(REQUESTS_2XX, requests_2xx, true, "Requests answered with a status of this class")                               \
    X(REQUESTS_3XX, requests_3xx, true, "Requests answered with a status of this class")                               \
    X(REQUESTS_4XX, requests_4xx, true, "Requests answered with a status of this class")                               \
    X(REQUESTS_5XX, requests_5xx, true, "Requests answered with a status of this class")                               \
    X(REQUESTS_CUT, requests_cut, true, "Requests whose answer was not sent completely")                               \
    X(BODY_IN, body_bytes_in, true, "Bytes of request bodies")                                                         \
    X(BODY_OUT, body_bytes_out, true, "Bytes of answers' bodies")                                                      \
    X(SOCKETS, websockets, false, "WebSockets of guests")                                                              \
    X(MESSAGES_IN, websocket_messages_in, true, "Messages of WebSockets' clients")                                     \
    X(MESSAGES_OUT, websocket_messages_out, true, "Messages that guests sent to one WebSocket")                        \
    X(PUBLISHED, websocket_messages_published, true, "Messages that guests published")                                 \
    X(OPERATIONS, operations, false, "Operations that guests wait for")                                                \
    X(OUTGOING, outgoing_requests, false, "Requests of guests to other servers that are under way")                    \
    X(OUTGOING_STARTED, outgoing_started, true, "Requests of guests to other servers")                                 \
    X(OUTGOING_DENIED, outgoing_denied, true, "Requests of guests to servers that were not granted")                   \
    X(LOOKUPS, lookups, false, "Names of other servers whose addresses are looked up, or wait for it")                 \
    X(LOG_DROPPED, log_lines_dropped, true, "Lines of the log that were dropped or could not be written")              \
    X(ACCESS_DROPPED, access_lines_dropped, true, "Lines of the access log that were dropped or could not be written")

enum guest_stat {
#define GUEST_STAT_INDEX(id, name, grows, text) GUEST_STAT_##id,
    GUEST_STATS(GUEST_STAT_INDEX)
#undef GUEST_STAT_INDEX
        GUEST_STAT_COUNT
};

struct guest_stats {
    _Atomic uint64_t rows[GUEST_STAT_COUNT];
    char padding[128]; /* not two workers on a cache line */
};

/* stats NULL: nobody counts. */
static inline void guest_count(struct guest_stats *stats, enum guest_stat which, int64_t n)
{
    if (!stats)
        return;
    uint64_t now = atomic_load_explicit(&stats->rows[which], memory_order_relaxed);
    atomic_store_explicit(&stats->rows[which], now + (uint64_t)n, memory_order_relaxed);
}

#endif
