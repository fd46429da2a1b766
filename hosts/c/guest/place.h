/* Places: which instance of a worker a request gets, and whether one may own another socket. */
#ifndef MOCKET_HOSTS_C_GUEST_PLACE_H
#define MOCKET_HOSTS_C_GUEST_PLACE_H

#include "worker.h"

struct guest_place {
    struct guest_instance *instance; /* an idle one perhaps. NULL: none now */
    bool fresh; /* a new one is better, if it can be made: `instance` is for when there must not be one for a while */
    bool later; /* no instance now, but waiting will help */
};
struct guest_place guest_place_find(const struct guest_worker *worker, const struct guest_request *request);

/* Instances of this kind, once they own sockets, are given nothing but upgrade requests, if those. */
bool guest_place_pins(const struct guest_instance *instance);
/* May the instance own another socket? */
bool guest_place_for_socket(const struct guest_instance *instance);
/* Concurrent: may one more instance stay for its sockets alone, while another one gets the requests? */
bool guest_place_may_linger(const struct guest_worker *worker);

#endif
