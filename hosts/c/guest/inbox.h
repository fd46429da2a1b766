/* The requests of a worker: all that are inside, and of these those that wait for an instance and those that have news
 * for their fronts; and the memory of some that are gone, for the next ones. Zeroed is empty. */
#ifndef MOCKET_HOSTS_C_GUEST_INBOX_H
#define MOCKET_HOSTS_C_GUEST_INBOX_H

#include "request.h"

struct guest_queue {
    struct guest_request *first, *last;
    size_t count, most;
};

struct guest_inbox {
    struct guest_request *all;
    struct guest_queue queues[GUEST_LONG + 1]; /* requests that wait for an instance, by enum guest_standing */
    uint64_t arrivals;
    struct guest_request *news_first, *news_last;
    struct guest_request *unused;
    size_t unused_count;
};

/* Before the first request: bounds the queues. long_max: of requests that take long, if that is less than the bound of
 * the others. */
void guest_inbox_open(struct guest_inbox *inbox, size_t long_max);
/* When none is inside any more. */
void guest_inbox_release(struct guest_inbox *inbox);

/* A request that is not inside yet. NULL: no memory. */
struct guest_request *guest_inbox_new(struct guest_inbox *inbox);
/* Takes one that is not inside any more. */
void guest_inbox_recycle(struct guest_inbox *inbox, struct guest_request *request);

void guest_inbox_enter(struct guest_inbox *inbox, struct guest_request *request);
/* Waiting or not. */
void guest_inbox_leave(struct guest_inbox *inbox, struct guest_request *request);

/* Do others of its kind wait already? */
bool guest_inbox_others_wait(const struct guest_inbox *inbox, const struct guest_request *request);
/* It waits, behind them. False: so many do that it may not. */
bool guest_inbox_wait(struct guest_inbox *inbox, struct guest_request *request);
/* It waits no longer. */
void guest_inbox_take(struct guest_inbox *inbox, struct guest_request *request);
/* Something else has been learned of its kind: it waits on in the other queue, however full that is. */
void guest_inbox_move(struct guest_inbox *inbox, struct guest_request *request, enum guest_standing standing);
/* Of the requests that have not proved quick the one that has waited for longest; NULL: none waits. */
struct guest_request *guest_inbox_oldest(const struct guest_inbox *inbox);
/* Does any request wait? */
bool guest_inbox_has_waiting(const struct guest_inbox *inbox);

/* There is news for its front. */
void guest_inbox_note_news(struct guest_inbox *inbox, struct guest_request *request);
/* Tells the fronts, which go on there and then: requests may come to their end, and others come in. */
void guest_inbox_tell_fronts(struct guest_inbox *inbox);

#endif
