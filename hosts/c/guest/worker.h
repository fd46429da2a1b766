/* What one thread that serves needs for guests: its log, its seat at the ticker, its idle instance. */
#ifndef MOCKET_HOSTS_C_GUEST_WORKER_H
#define MOCKET_HOSTS_C_GUEST_WORKER_H

#include "request.h"

struct guest_worker {
    struct guest_program *program;
    struct guest_log log;
    struct ticker_seat *seat;
    uint32_t reuse;              /* enum mocket_reuse: the stricter of guest and operator */
    struct guest_instance *idle; /* ready for the next request, or NULL */
    uint64_t retry_ns;           /* no new instance before this time; starts failed */
    uint32_t failures;           /* of starts, one after the other */
};

/* Serves one request on the present thread: as guest_request_run; also 503 when no instance could be made. */
int guest_worker_serve(struct guest_worker *worker, struct guest_request *request);
/* Hands the worker an instance that was started for it. */
void guest_worker_adopt(struct guest_worker *worker, struct guest_instance *instance);
/* Ends what is idle and tells what the log dropped. */
void guest_worker_release(struct guest_worker *worker);

#endif
