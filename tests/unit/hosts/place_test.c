/* Which instance a request gets, and what is kept back. (What needs real instances: tests/hostile/sockets, pinned.) */
#include "tests/unit/unit.h"

#include "hosts/c/guest/place.h"

#define MOST 8u

/* A worker with instances that only have what is looked at. */
struct scene {
    struct guest_module module;
    struct guest_program program;
    struct guest_worker worker;
    struct guest_instance rows[MOST];
};

static void set(struct scene *s, uint32_t reuse, bool direct_style)
{
    *s = (struct scene){ .module = { .direct_style = direct_style } };
    s->program = (struct guest_program){ .module = &s->module, .sockets_each = 4, .memory_bytes = UINT64_MAX };
    s->worker.program = &s->program;
    s->worker.reuse = reuse;
    s->worker.instances_max = MOST;
}

static struct guest_instance *add(struct scene *s)
{
    struct guest_instance *i = &s->rows[s->worker.instance_count++];
    i->program = &s->program;
    i->worker = &s->worker;
    i->next = s->worker.instances;
    s->worker.instances = i;
    return i;
}

static struct guest_instance *add_idle(struct scene *s)
{
    struct guest_instance *i = add(s);
    i->idle = true;
    i->next_idle = s->worker.idle;
    s->worker.idle = i;
    return i;
}

static void is_in(struct guest_place place, const struct guest_instance *i)
{
    assert_ptr_equal(place.instance, i);
    assert_false(place.fresh);
}

static void is_none(struct guest_place place, bool later)
{
    assert_null(place.instance);
    assert_false(place.fresh);
    assert_int_equal(place.later, later);
}

static const struct guest_request quick = { .standing = GUEST_QUICK }, slow = { .standing = GUEST_LONG };
static const struct guest_request upgrade = { .upgrade = true };

static void takes_an_idle_one_first(void **state)
{
    (void)state;
    struct scene s;
    set(&s, MOCKET_REUSE_SERIAL, false);
    struct guest_place place = guest_place_find(&s.worker, &quick);
    assert_true(place.fresh && !place.instance);
    struct guest_instance *i = add_idle(&s);
    is_in(guest_place_find(&s.worker, &quick), i);
    i->suspended = true; /* in an event of a socket */
    assert_true(guest_place_find(&s.worker, &quick).fresh);
    while (s.worker.instance_count < MOST)
        add(&s);
    is_none(guest_place_find(&s.worker, &quick), true);
}

static void waits_for_one_that_is_in_an_event(void **state)
{
    (void)state;
    struct scene s;
    set(&s, MOCKET_REUSE_SERIAL, false);
    s.worker.instances_max = 2;
    struct guest_instance *i = add_idle(&s), *other = add_idle(&s);
    i->suspended = other->suspended = true;
    is_none(guest_place_find(&s.worker, &quick), true);
    is_none(guest_place_find(&s.worker, &upgrade), true);
    other->suspended = false;
    is_in(guest_place_find(&s.worker, &upgrade), other);
    other->socket_count = 4; /* no place left, and those behind it need not wait */
    is_in(guest_place_find(&s.worker, &quick), other);
    is_none(guest_place_find(&s.worker, &upgrade), false);
}

static void keeps_some_for_quick_requests(void **state)
{
    (void)state;
    struct scene s;
    set(&s, MOCKET_REUSE_SERIAL, false);
    while (s.worker.shares.common < MOST - 2) {
        assert_true(guest_place_find(&s.worker, &slow).fresh);
        add(&s);
        s.worker.shares.common++;
    }
    add_idle(&s);
    is_none(guest_place_find(&s.worker, &slow), true);
    is_in(guest_place_find(&s.worker, &quick), s.worker.idle);
}

/* A request that is given a place in an instance of its own. */
static struct guest_request *place(struct scene *s, struct guest_request *r)
{
    struct guest_place found = guest_place_find(&s->worker, r);
    assert_true(found.fresh);
    r->worker = &s->worker;
    guest_place_enter(add(s), r, found.share);
    return r;
}

static void fill_common(struct scene *s, struct guest_request *rows)
{
    for (size_t n = 0; n < MOST - 2; n++) {
        rows[n] = (struct guest_request){ .kind = 8 * n + 8 };
        assert_int_equal(place(s, &rows[n])->share, GUEST_SHARE_COMMON);
    }
}

static void tries_one_of_each_unknown_kind(void **state)
{
    (void)state;
    struct scene s;
    struct guest_request first = { .kind = 1 }, again = { .kind = 1 }, other = { .kind = 5 };
    set(&s, MOCKET_REUSE_SERIAL, false);
    s.worker.instances_max = 20; /* five in reserve, two of them for trials */
    s.worker.shares.common = 15;
    assert_int_equal(place(&s, &first)->share, GUEST_SHARE_TRIAL);
    is_none(guest_place_find(&s.worker, &again), true);
    assert_int_equal(place(&s, &other)->share, GUEST_SHARE_TRIAL);
    struct guest_request third = { .kind = 9 };
    is_none(guest_place_find(&s.worker, &third), true);
    guest_place_exit(&first);
    assert_int_equal(guest_place_find(&s.worker, &again).share, GUEST_SHARE_TRIAL);
    is_none(guest_place_find(&s.worker, &slow), true);
    assert_int_equal(guest_place_find(&s.worker, &quick).share, GUEST_SHARE_QUICK);
}

/* The reserve is a quarter, rounded up, and never all that there is; trials leave some of it. */
static void rounds_the_reserve(void **state)
{
    (void)state;
    static const struct {
        size_t instances, common, trials;
    } rows[] = { { 1, 1, 0 }, { 2, 1, 0 }, { 3, 2, 0 }, { 4, 3, 0 }, { 5, 3, 1 }, { 8, 6, 1 }, { 17, 12, 2 } };
    for (size_t n = 0; n < UNIT_COUNT(rows); n++) {
        struct scene s;
        set(&s, MOCKET_REUSE_NONE, true);
        s.worker.instances_max = (uint32_t)rows[n].instances;
        struct guest_request unknown = { .kind = 1 };
        enum guest_share share;
        while ((share = guest_place_find(&s.worker, &unknown).share) == GUEST_SHARE_COMMON)
            s.worker.shares.common++;
        unit_equal(s.worker.shares.common, rows[n].common, n);
        for (; guest_place_find(&s.worker, &unknown).share == GUEST_SHARE_TRIAL; s.worker.shares.trials++)
            ;
        unit_equal(s.worker.shares.trials, rows[n].trials, n);
    }
}

static void counts_what_turns_out_to_be_long(void **state)
{
    (void)state;
    struct scene s;
    struct guest_request rows[MOST], tried = { .kind = 1 }, proved = { .standing = GUEST_QUICK };
    set(&s, MOCKET_REUSE_SERIAL, false);
    fill_common(&s, rows);
    place(&s, &tried);
    guest_place_demote(&tried);
    assert_int_equal(tried.share, GUEST_SHARE_TRIAL); /* there is no room among such */
    guest_place_exit(&rows[0]);
    guest_place_demote(&tried);
    assert_int_equal(tried.share, GUEST_SHARE_COMMON);
    assert_null(s.worker.trials);
    assert_int_equal(s.worker.shares.trials, 0);
    s.worker.instance_count--;
    place(&s, &proved);
    assert_int_equal(s.worker.shares.common, MOST - 2);
    guest_place_demote(&proved);
    assert_int_equal(s.worker.shares.common, MOST - 1);
    guest_place_exit(&tried);
    guest_place_exit(&proved);
    assert_int_equal(s.worker.shares.common, MOST - 3);
    assert_int_equal(tried.share, GUEST_SHARE_NONE);
}

/* An instance that lives for its socket is taken for long, however quick the handshake was. */
static void sockets_never_use_the_reserve(void **state)
{
    (void)state;
    struct scene s;
    struct guest_request rows[MOST], shake = { .upgrade = true, .standing = GUEST_QUICK, .kind = 1 };
    set(&s, MOCKET_REUSE_SERIAL, true);
    fill_common(&s, rows);
    is_none(guest_place_find(&s.worker, &shake), true);
    shake.standing = GUEST_UNKNOWN;
    is_none(guest_place_find(&s.worker, &shake), true);
    s.module.direct_style = false; /* it takes requests beside its sockets */
    assert_int_equal(guest_place_find(&s.worker, &shake).share, GUEST_SHARE_TRIAL);
}

static void keeps_requests_of_a_concurrent_one(void **state)
{
    (void)state;
    struct scene s;
    struct guest_request unknown = { .kind = 1 };
    set(&s, MOCKET_REUSE_CONCURRENT, false);
    struct guest_instance *i = s.worker.shared = add(&s);
    for (; guest_place_find(&s.worker, &slow).instance; i->shares.common++)
        i->requests++;
    assert_int_equal(i->shares.common, 1024);
    is_in(guest_place_find(&s.worker, &quick), i);
    size_t trials = 0;
    for (; guest_place_find(&s.worker, &unknown).instance; i->shares.trials++, i->requests++)
        trials++;
    assert_in_range(trials, 1, 1024 / 3 / 4 + 1);
    is_in(guest_place_find(&s.worker, &quick), i);
    i->requests = 1024 + 1024 / 3 + 1; /* all places are taken */
    is_none(guest_place_find(&s.worker, &quick), true);
}

static void shares_a_concurrent_one(void **state)
{
    (void)state;
    struct scene s;
    set(&s, MOCKET_REUSE_CONCURRENT, false);
    assert_true(guest_place_find(&s.worker, &quick).fresh);
    struct guest_instance *i = s.worker.shared = add(&s);
    is_in(guest_place_find(&s.worker, &slow), i);
    i->socket_count = 4; /* no room for another one, and others may be made */
    is_in(guest_place_find(&s.worker, &quick), i);
    assert_true(guest_place_find(&s.worker, &upgrade).fresh);
    i->requests = 1 << 20;
    is_none(guest_place_find(&s.worker, &quick), true);
}

static void passes_over_what_is_not_fit(void **state)
{
    (void)state;
    struct scene s;
    set(&s, MOCKET_REUSE_SERIAL, true);
    struct guest_instance *i = add(&s);
    i->socket_count = s.worker.pinned_count = 1;
    i->broken = true;
    struct guest_place place = guest_place_find(&s.worker, &upgrade);
    assert_true(place.fresh && !place.instance);
}

static void has_places_for_sockets(void **state)
{
    (void)state;
    struct scene s;
    set(&s, MOCKET_REUSE_SERIAL, true);
    for (size_t n = 0; n < MOST - 2; n++) {
        struct guest_instance *i = add(&s);
        i->requests = 1; /* so that nobody asks its engine whether it is used up */
        assert_true(guest_place_for_socket(i));
        for (int sockets = 0; sockets < 4; sockets++)
            guest_place_take(i);
        assert_int_equal(s.worker.pinned_count, n + 1);
        assert_false(guest_place_for_socket(i));
    }
    assert_false(guest_place_for_socket(add(&s)));
    is_none(guest_place_find(&s.worker, &upgrade), false);
    guest_place_leave(&s.rows[0]);
    assert_true(guest_place_for_socket(&s.rows[0]));
    assert_int_equal(s.worker.pinned_count, MOST - 2);
    while (s.rows[0].socket_count > 0)
        guest_place_leave(&s.rows[0]);
    assert_int_equal(s.worker.pinned_count, MOST - 3);
}

static struct guest_instance *add_used_up(struct scene *s, size_t sockets)
{
    struct guest_instance *i = add(s);
    i->socket_count = sockets;
    guest_place_linger(i);
    guest_place_linger(i); /* once more is the same */
    return i;
}

static void waits_for_those_that_will_be_free(void **state)
{
    (void)state;
    struct scene s;
    set(&s, MOCKET_REUSE_SERIAL, false);
    assert_false(guest_place_may_wait(&s.worker));
    add(&s);
    assert_true(guest_place_may_wait(&s.worker));
    s.worker.reuse = MOCKET_REUSE_NONE;
    assert_false(guest_place_may_wait(&s.worker));
    s.worker.reuse = MOCKET_REUSE_SERIAL;
    guest_place_linger(&s.rows[0]);
    assert_false(guest_place_may_wait(&s.worker));
    s.worker.lingering_count--;
    s.worker.pinned_count++;
    assert_false(guest_place_may_wait(&s.worker));
    add(&s);
    assert_true(guest_place_may_wait(&s.worker));
    add_idle(&s); /* this is for an upgrade, and that one has no place */
    assert_false(guest_place_may_wait(&s.worker));
}

static void used_up_ones_make_room_for_sockets(void **state)
{
    (void)state;
    struct scene s;
    set(&s, MOCKET_REUSE_SERIAL, true);
    for (size_t n = 0; n < MOST - 2; n++) {
        struct guest_instance *i = add(&s);
        i->requests = n > 2; /* these are busy */
        i->broken = n <= 2;  /* these as good as used up */
        for (size_t sockets = n == 2 ? 2 : 4; sockets > 0; sockets--)
            guest_place_take(i);
    }
    struct guest_place place = guest_place_find(&s.worker, &upgrade);
    assert_true(place.fresh && place.instead == &s.rows[2]);
    s.rows[2].requests = 1;
    assert_ptr_equal(guest_place_find(&s.worker, &upgrade).instead, &s.rows[1]);
    s.worker.reuse = MOCKET_REUSE_NONE;
    is_none(guest_place_find(&s.worker, &upgrade), false);
}

static void used_up_ones_make_room(void **state)
{
    (void)state;
    struct scene s;
    set(&s, MOCKET_REUSE_SERIAL, false);
    struct guest_instance *several = add_used_up(&s, 2);
    struct guest_instance *few = add_used_up(&s, 1);
    add_used_up(&s, 3)->requests = 0;
    add_used_up(&s, 1)->requests = 1; /* the last of its own */
    assert_int_equal(s.worker.lingering_count, 4);
    assert_true(guest_place_find(&s.worker, &quick).fresh && !guest_place_find(&s.worker, &quick).instead);
    while (s.worker.instance_count < MOST)
        add(&s);
    is_none(guest_place_find(&s.worker, &quick), true); /* the others are enough: one will be free soon */
    s.worker.shares.common = 3;
    struct guest_place place = guest_place_find(&s.worker, &quick);
    assert_true(place.fresh && place.instead == few);
    few->socket_count = 5;
    assert_ptr_equal(guest_place_find(&s.worker, &quick).instead, several);
    s.worker.idle = &s.rows[MOST - 1];
    is_in(guest_place_find(&s.worker, &quick), s.worker.idle);
}

static void used_up_ones_make_room_for_a_concurrent_one(void **state)
{
    (void)state;
    struct scene s;
    set(&s, MOCKET_REUSE_CONCURRENT, false);
    s.worker.instances_max = 2;
    struct guest_instance *i = add_used_up(&s, 1);
    assert_true(guest_place_may_replace(&s.worker));
    assert_null(guest_place_find(&s.worker, &quick).instead);
    struct guest_instance *other = add_used_up(&s, 2);
    assert_true(guest_place_may_replace(&s.worker));
    assert_ptr_equal(guest_place_find(&s.worker, &quick).instead, i);
    i->requests = 1;
    assert_ptr_equal(guest_place_find(&s.worker, &quick).instead, other);
    other->requests = 1;
    assert_false(guest_place_may_replace(&s.worker));
    is_none(guest_place_find(&s.worker, &quick), true);
}

static void so_many_linger_beside_a_concurrent_one(void **state)
{
    (void)state;
    struct scene s;
    set(&s, MOCKET_REUSE_CONCURRENT, false);
    s.worker.instances_max = 1000;
    struct guest_instance *i = add_used_up(&s, 1);
    s.worker.lingering_count = 16;
    assert_null(guest_place_find(&s.worker, &quick).instead);
    s.worker.lingering_count++;
    assert_ptr_equal(guest_place_find(&s.worker, &quick).instead, i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_an_idle_one_first),
        cmocka_unit_test(waits_for_one_that_is_in_an_event),
        cmocka_unit_test(keeps_some_for_quick_requests),
        cmocka_unit_test(tries_one_of_each_unknown_kind),
        cmocka_unit_test(rounds_the_reserve),
        cmocka_unit_test(counts_what_turns_out_to_be_long),
        cmocka_unit_test(sockets_never_use_the_reserve),
        cmocka_unit_test(keeps_requests_of_a_concurrent_one),
        cmocka_unit_test(shares_a_concurrent_one),
        cmocka_unit_test(passes_over_what_is_not_fit),
        cmocka_unit_test(has_places_for_sockets),
        cmocka_unit_test(waits_for_those_that_will_be_free),
        cmocka_unit_test(used_up_ones_make_room_for_sockets),
        cmocka_unit_test(used_up_ones_make_room),
        cmocka_unit_test(used_up_ones_make_room_for_a_concurrent_one),
        cmocka_unit_test(so_many_linger_beside_a_concurrent_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
