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

static const struct guest_request quick = { 0 }, slow = { .slow = true }, upgrade = { .upgrade = true };

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

static void keeps_some_for_quick_requests(void **state)
{
    (void)state;
    struct scene s;
    set(&s, MOCKET_REUSE_SERIAL, false);
    while (s.worker.slow_count < MOST - 2) {
        assert_true(guest_place_find(&s.worker, &slow).fresh);
        add(&s);
        s.worker.slow_count++;
    }
    add_idle(&s);
    is_none(guest_place_find(&s.worker, &slow), true);
    is_in(guest_place_find(&s.worker, &quick), s.worker.idle);
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
        assert_true(guest_place_for_socket(i));
        i->socket_count = 4;
        s.worker.pinned_count++;
        assert_false(guest_place_for_socket(i));
    }
    assert_false(guest_place_for_socket(add(&s)));
    is_none(guest_place_find(&s.worker, &upgrade), false);
    s.rows[0].socket_count = 3;
    assert_true(guest_place_for_socket(&s.rows[0]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_an_idle_one_first), cmocka_unit_test(keeps_some_for_quick_requests),
        cmocka_unit_test(shares_a_concurrent_one), cmocka_unit_test(passes_over_what_is_not_fit),
        cmocka_unit_test(has_places_for_sockets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
