/* Requests inside: those that wait keep their order and their bounds, whoever leaves. */
#include "tests/unit/unit.h"

#include "hosts/c/guest/inbox.h"

static struct guest_request *enter(struct guest_inbox *b, enum guest_standing standing)
{
    struct guest_request *r = guest_inbox_new(b);
    assert_non_null(r);
    r->standing = standing;
    guest_inbox_enter(b, r);
    return r;
}

static void leave(struct guest_inbox *b, struct guest_request *r)
{
    guest_inbox_leave(b, r);
    assert_false(r->inside || r->queued);
    guest_inbox_recycle(b, r);
}

static void keeps_the_order(void **state)
{
    (void)state;
    struct guest_inbox b = { 0 };
    struct guest_request *r[4];
    guest_inbox_open(&b, 8);
    for (size_t i = 0; i < UNIT_COUNT(r); i++) {
        r[i] = enter(&b, GUEST_QUICK);
        assert_int_equal(guest_inbox_others_wait(&b, r[i]), i > 0);
        assert_true(guest_inbox_wait(&b, r[i]));
    }
    leave(&b, r[2]);
    leave(&b, r[3]);
    assert_ptr_equal(b.queues[GUEST_QUICK].first, r[0]);
    r[3] = enter(&b, GUEST_QUICK);
    assert_true(guest_inbox_wait(&b, r[3]));
    static const size_t order[] = { 0, 1, 3 };
    for (size_t i = 0; i < UNIT_COUNT(order); i++) {
        assert_ptr_equal(b.queues[GUEST_QUICK].first, r[order[i]]);
        guest_inbox_take(&b, r[order[i]]);
        leave(&b, r[order[i]]);
    }
    assert_null(b.all);
    assert_null(b.queues[GUEST_QUICK].last);
    guest_inbox_release(&b);
}

static void bounds_those_that_wait(void **state)
{
    (void)state;
    struct guest_inbox b = { 0 };
    guest_inbox_open(&b, 2);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(guest_inbox_wait(&b, enter(&b, GUEST_LONG)), i < 2);
    struct guest_request *r = enter(&b, GUEST_QUICK); /* others wait apart */
    assert_false(guest_inbox_others_wait(&b, r));
    assert_true(guest_inbox_wait(&b, r));
    while (b.all)
        leave(&b, b.all);
    assert_false(guest_inbox_has_waiting(&b));
    guest_inbox_release(&b);
}

/* A queue full of unknown kinds keeps nothing else out, and of the others the oldest is found. */
static void keeps_kinds_apart(void **state)
{
    (void)state;
    struct guest_inbox b = { 0 };
    guest_inbox_open(&b, 2);
    struct guest_request *first = enter(&b, GUEST_UNKNOWN), *longer = enter(&b, GUEST_LONG), *r;
    assert_true(guest_inbox_wait(&b, first) && guest_inbox_wait(&b, longer));
    while ((r = enter(&b, GUEST_UNKNOWN)) && guest_inbox_wait(&b, r))
        ;
    assert_true(guest_inbox_wait(&b, enter(&b, GUEST_LONG)));
    assert_true(guest_inbox_wait(&b, enter(&b, GUEST_QUICK)));
    assert_ptr_equal(guest_inbox_oldest(&b), first);
    guest_inbox_move(&b, first, GUEST_LONG); /* that queue is full */
    assert_int_equal(b.queues[GUEST_LONG].count, 3);
    assert_ptr_equal(guest_inbox_oldest(&b), longer);
    guest_inbox_move(&b, longer, GUEST_QUICK);
    assert_ptr_equal(b.queues[GUEST_QUICK].last, longer);
    while (b.all)
        leave(&b, b.all);
    assert_false(guest_inbox_has_waiting(&b));
    guest_inbox_release(&b);
}

static void tells_each_front_once(void **state)
{
    (void)state;
    struct guest_inbox b = { 0 };
    struct guest_request *r[3];
    for (size_t i = 0; i < UNIT_COUNT(r); i++) {
        r[i] = enter(&b, GUEST_QUICK);
        guest_inbox_note_news(&b, r[i]);
    }
    leave(&b, r[1]); /* with news that nobody has heard */
    guest_inbox_tell_fronts(&b);
    assert_null(b.news_last);
    assert_true(r[0]->news && !r[0]->told && r[2]->news && !r[2]->told);
    leave(&b, r[0]);
    leave(&b, r[2]);
    struct guest_request *again = guest_inbox_new(&b);
    assert_true(again->front && !again->news && !again->told);
    guest_inbox_recycle(&b, again);
    guest_inbox_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_the_order),
        cmocka_unit_test(bounds_those_that_wait),
        cmocka_unit_test(keeps_kinds_apart),
        cmocka_unit_test(tells_each_front_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
