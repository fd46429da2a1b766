/* Which instance a request gets.
 *
 * `none` makes an instance for each request, `serial` keeps those that are fit and gives each one request at a time,
 * `concurrent` has one that gets all. An instance whose job runs in slices, or waits, is one of several: so others go
 * on beside it.
 *
 * Places are limited: the instances of a worker, or the requests of a concurrent instance. A quarter of them is the
 * reserve, which only requests of kinds that have proved quick may use. All other requests, and sockets that an
 * instance lives for, share the rest. A kind that nothing is known of can prove itself while the rest is full: one
 * request of it at a time is tried in the reserve. Such trials take a quarter of the reserve at most, and never all of
 * it: so with fewer than five places there is no trial, and with one place there is no reserve.
 *
 * Sockets of one instance share its turns and its fate, but an instance for each takes too much memory: so they gather
 * in few instances, which grow in number as they fill.
 *
 * An instance that is used up lingers as long as it has sockets. Such ones must not keep requests from being served:
 * when too few others are left, the one with the fewest sockets makes room, and its clients are told that the service
 * restarts.
 *
 * What must stay true: finding only looks. The worker does what was found. */
#include "place.h"

#define SHARED_REQUESTS_MAX 1366u /* of one concurrent instance: 1024 and the reserve */
#define SPREAD_EACH 64u           /* sockets of an instance before another one begins to take some, */
#define SPREAD_SHARE 4u           /* up to this part of the instances */
#define LINGERING_MAX 16u         /* concurrent ones that are there for their sockets alone */

bool guest_place_pins(const struct guest_instance *i)
{
    return i->worker->reuse == MOCKET_REUSE_NONE || i->program->module->direct_style;
}

static size_t places_of(const struct guest_worker *w)
{
    return w->reuse == MOCKET_REUSE_NONE ? 1 : w->program->sockets_each;
}

/* The reserve of so many places. */
static size_t reserve_of(size_t places)
{
    return (places + 3) / 4;
}

/* Instances that are kept for quick requests. */
static size_t kept(const struct guest_worker *w)
{
    return reserve_of(w->instances_max);
}

/* May one more instance be pinned? */
static bool may_pin(const struct guest_worker *w)
{
    return w->pinned_count == 0 || w->pinned_count + kept(w) < w->instances_max;
}

bool guest_place_for_socket(const struct guest_instance *i)
{
    const struct guest_worker *w = i->worker;
    if (i->socket_count == 0 && guest_place_pins(i) && !may_pin(w))
        return false;
    return i->socket_count < places_of(w);
}

void guest_place_take(struct guest_instance *i)
{
    if (i->socket_count++ == 0 && guest_place_pins(i))
        i->worker->pinned_count++;
}

void guest_place_leave(struct guest_instance *i)
{
    if (--i->socket_count == 0 && guest_place_pins(i))
        i->worker->pinned_count--;
}

/* Of the instances that live for their sockets one that takes another: a free one rather than one that is busy, one
 * with few sockets rather than one with many. NULL: none does. */
static struct guest_instance *pinned_place(const struct guest_worker *w)
{
    struct guest_instance *found = NULL;
    for (struct guest_instance *i = places_of(w) > 1 ? w->instances : NULL; i; i = i->next) {
        if (i->socket_count == 0 || i->socket_count + i->requests >= places_of(w) || !guest_instance_fit(i))
            continue;
        if (!found || (i->suspended == found->suspended ? i->socket_count < found->socket_count : !i->suspended))
            found = i;
    }
    return found;
}

/* Sockets of one instance share its turns and its fate: some instances more are worth it. */
static bool should_spread(const struct guest_worker *w, const struct guest_instance *i)
{
    return (i->suspended || i->socket_count >= SPREAD_EACH) && w->pinned_count < w->instances_max / SPREAD_SHARE;
}

static struct guest_instance *idle_for(const struct guest_worker *w, const struct guest_request *r)
{
    for (struct guest_instance *i = w->idle; i; i = i->next_idle)
        if (!i->suspended && (!r->upgrade || i->socket_count < places_of(w)))
            return i;
    return NULL;
}

/* Is there one that would take a request which is no upgrade? */
static bool has_free(const struct guest_worker *w)
{
    for (const struct guest_instance *i = w->idle; i; i = i->next_idle)
        if (!i->suspended)
            return true;
    return false;
}

/* ---- Instances that are used up ---- */

void guest_place_linger(struct guest_instance *i)
{
    if (!i->lingers)
        i->worker->lingering_count++;
    i->lingers = true;
}

/* Concurrent: may one more instance be there beside the one that gets the requests? */
static bool may_be_beside(const struct guest_worker *w)
{
    return w->instance_count <= LINGERING_MAX && w->instance_count < w->instances_max;
}

/* Instances that quick requests will not get soon. */
static size_t taken(const struct guest_worker *w)
{
    return w->shares.common + w->pinned_count + w->lingering_count;
}

static bool lingers(const struct guest_instance *i)
{
    return i->lingers;
}

static bool takes_no_more(const struct guest_instance *i)
{
    return i->socket_count > 0 && !guest_instance_fit(i);
}

/* Of those that have no requests, and are of the kind, the one with the fewest sockets. */
static struct guest_instance *fewest(const struct guest_worker *w, bool (*kind)(const struct guest_instance *i))
{
    struct guest_instance *found = NULL;
    for (struct guest_instance *i = w->instances; i; i = i->next)
        if (i->requests == 0 && kind(i) && (!found || i->socket_count < found->socket_count))
            found = i;
    return found;
}

/* One of those that linger, when these are too many. NULL: none has to make room. */
static struct guest_instance *too_many(const struct guest_worker *w)
{
    if (w->reuse != MOCKET_REUSE_CONCURRENT && taken(w) + kept(w) <= w->instances_max)
        return NULL;
    return w->lingering_count > 0 ? fewest(w, lingers) : NULL;
}

/* One of those that live for their sockets, and take no more since they are used up. (With `none` that one socket is
 * what they are for.) */
static struct guest_instance *used_up(const struct guest_worker *w)
{
    return w->reuse == MOCKET_REUSE_SERIAL ? fewest(w, takes_no_more) : NULL;
}

static bool is_full(const struct guest_worker *w)
{
    bool concurrent = w->reuse == MOCKET_REUSE_CONCURRENT;
    return w->instance_count >= w->instances_max || (concurrent && w->lingering_count > LINGERING_MAX);
}

bool guest_place_may_replace(const struct guest_worker *w)
{
    return !is_full(w) || too_many(w);
}

/* ---- Finding one ---- */

bool guest_place_may_wait(const struct guest_worker *w)
{
    bool others = w->instance_count > w->pinned_count + w->lingering_count;
    return w->reuse == MOCKET_REUSE_SERIAL && others && !has_free(w); /* else those behind it would wait with it */
}

static struct guest_place in(struct guest_instance *i)
{
    return (struct guest_place){ .instance = i };
}

static struct guest_place none(bool later)
{
    return (struct guest_place){ .later = later };
}

/* ---- Shares ---- */

/* The places of an instance that gets all requests count, else those of the worker. */
static const struct guest_shares *shares_of(const struct guest_worker *w)
{
    return w->shared ? &w->shared->shares : &w->shares;
}

static bool has_common(const struct guest_worker *w)
{
    size_t common = shares_of(w)->common;
    if (w->reuse == MOCKET_REUSE_CONCURRENT)
        return common + reserve_of(SHARED_REQUESTS_MAX) < SHARED_REQUESTS_MAX;
    return common == 0 || taken(w) + kept(w) < w->instances_max;
}

/* An instance that such a request becomes a socket in serves nothing else for long. */
static bool stays(const struct guest_worker *w, const struct guest_request *r)
{
    return r->upgrade && (w->reuse == MOCKET_REUSE_NONE || w->program->module->direct_style);
}

bool guest_place_has_trial(const struct guest_worker *w)
{
    size_t reserve = w->reuse == MOCKET_REUSE_CONCURRENT ? reserve_of(SHARED_REQUESTS_MAX) : kept(w);
    return reserve > 1 && shares_of(w)->trials < reserve_of(reserve);
}

bool guest_place_may_try(const struct guest_worker *w, const struct guest_request *r)
{
    if (r->standing != GUEST_UNKNOWN || stays(w, r) || !guest_place_has_trial(w))
        return false;
    for (const struct guest_request *other = w->trials; other; other = other->next_trial)
        if (other->kind == r->kind)
            return false;
    return true;
}

static enum guest_share share_for(const struct guest_worker *w, const struct guest_request *r)
{
    if (r->standing == GUEST_QUICK && !stays(w, r))
        return GUEST_SHARE_QUICK;
    if (has_common(w))
        return GUEST_SHARE_COMMON;
    return guest_place_may_try(w, r) ? GUEST_SHARE_TRIAL : GUEST_SHARE_NONE;
}

static void count(struct guest_request *r, size_t by)
{
    struct guest_shares *all = &r->worker->shares, *own = &r->instance->shares;
    if (r->share == GUEST_SHARE_COMMON) {
        all->common += by;
        own->common += by;
    } else if (r->share == GUEST_SHARE_TRIAL) {
        all->trials += by;
        own->trials += by;
    }
}

static void link_trial(struct guest_request *r)
{
    struct guest_worker *w = r->worker;
    r->previous_trial = NULL;
    r->next_trial = w->trials;
    if (r->next_trial)
        r->next_trial->previous_trial = r;
    w->trials = r;
}

static void unlink_trial(struct guest_request *r)
{
    *(r->previous_trial ? &r->previous_trial->next_trial : &r->worker->trials) = r->next_trial;
    if (r->next_trial)
        r->next_trial->previous_trial = r->previous_trial;
}

static void change_share(struct guest_request *r, enum guest_share share)
{
    count(r, SIZE_MAX); /* one less */
    if (r->share == GUEST_SHARE_TRIAL)
        unlink_trial(r);
    r->share = share;
    if (share == GUEST_SHARE_TRIAL)
        link_trial(r);
    count(r, 1);
}

void guest_place_enter(struct guest_instance *i, struct guest_request *r, enum guest_share share)
{
    bool pinned = i->socket_count > 0 && guest_place_pins(i); /* it is counted as such already */
    r->instance = i;
    i->requests++;
    change_share(r, pinned ? GUEST_SHARE_NONE : share);
}

void guest_place_exit(struct guest_request *r)
{
    change_share(r, GUEST_SHARE_NONE);
    r->instance->requests--;
    r->instance = NULL;
}

void guest_place_demote(struct guest_request *r)
{
    if (r->share == GUEST_SHARE_QUICK || (r->share == GUEST_SHARE_TRIAL && has_common(r->worker)))
        change_share(r, GUEST_SHARE_COMMON);
}

/* Beside the sockets that an instance lives for; i: one of those that takes another, or NULL. */
static struct guest_place place_beside(const struct guest_worker *w, const struct guest_request *r,
                                       struct guest_instance *i)
{
    struct guest_instance *idle = idle_for(w, r);
    if (idle)
        return in(idle);
    if (i && w->instance_count + kept(w) >= w->instances_max)
        return in(i);
    bool full = is_full(w);
    struct guest_instance *instead = full ? too_many(w) : NULL;
    if (full && !instead)
        return none(!r->upgrade || !has_free(w)); /* else it finds no place, and others would wait behind it */
    return (struct guest_place){ .instance = i, .fresh = true, .instead = instead };
}

/* Concurrent: the one that gets all requests, unless this is to be a socket and that one has no place left. */
static struct guest_place place_shared(const struct guest_worker *w, const struct guest_request *r)
{
    if (r->upgrade && w->shared->socket_count >= places_of(w)) {
        struct guest_instance *other = pinned_place(w);
        if (other)
            return in(other);
        if (may_be_beside(w))
            return (struct guest_place){ .fresh = true };
    }
    return w->shared->requests < SHARED_REQUESTS_MAX ? in(w->shared) : none(true);
}

static struct guest_place find(const struct guest_worker *w, const struct guest_request *r, bool may)
{
    struct guest_instance *i = NULL;
    if (w->reuse == MOCKET_REUSE_CONCURRENT && w->shared)
        return may ? place_shared(w, r) : none(true);
    if (r->upgrade && w->pinned_count > 0) {
        i = pinned_place(w);
        if (!i && !may_pin(w)) {
            struct guest_instance *instead = used_up(w);
            return instead ? (struct guest_place){ .fresh = true, .instead = instead } : none(false);
        }
        if (i && (!may_pin(w) || !should_spread(w, i)))
            return in(i);
    }
    if (!may)
        return i ? in(i) : none(true);
    return place_beside(w, r, i);
}

struct guest_place guest_place_find(const struct guest_worker *w, const struct guest_request *r)
{
    enum guest_share share = share_for(w, r);
    struct guest_place place = find(w, r, share != GUEST_SHARE_NONE);
    place.share = share;
    return place;
}
