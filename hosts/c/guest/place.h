/* Places: which instance of a worker a request gets, and whether one may own another socket. */
#ifndef MOCKET_HOSTS_C_GUEST_PLACE_H
#define MOCKET_HOSTS_C_GUEST_PLACE_H

#include "worker.h"

/* Where a request may go, and what it counts against there. */
struct guest_place {
    struct guest_instance *instance; /* an idle one perhaps. NULL: none now */
    bool fresh; /* a new one is better, if it can be made: `instance` is for when there must not be one for a while */
    struct guest_instance *instead; /* fresh: this one must end to make room. NULL: there is room */
    bool later;                     /* no instance now, but waiting will help */
    enum guest_share share;
};
struct guest_place guest_place_find(const struct guest_worker *worker, const struct guest_request *request);

/* Is there a place for one more trial? May a request of this kind have it? */
bool guest_place_has_trial(const struct guest_worker *worker);
bool guest_place_may_try(const struct guest_worker *worker, const struct guest_request *request);

/* The request has a place in the instance; it has none any more. */
void guest_place_enter(struct guest_instance *instance, struct guest_request *request, enum guest_share share);
void guest_place_exit(struct guest_request *request);
/* The request turned out to take long: it counts among such, as soon as there is room among them. */
void guest_place_demote(struct guest_request *request);

/* If no instance can be made now: will one that is there be free again? */
bool guest_place_may_wait(const struct guest_worker *worker);

/* Instances of this kind, once they own sockets, are given nothing but upgrade requests, if those. */
bool guest_place_pins(const struct guest_instance *instance);
/* May the instance own another socket? */
bool guest_place_for_socket(const struct guest_instance *instance);
/* It owns one more; one less. */
void guest_place_take(struct guest_instance *instance);
void guest_place_leave(struct guest_instance *instance);

/* The instance is used up, and stays for its sockets alone. */
void guest_place_linger(struct guest_instance *instance);
/* Concurrent: could a new instance get the requests, if need be in the place of one that lingers? */
bool guest_place_may_replace(const struct guest_worker *worker);

#endif
