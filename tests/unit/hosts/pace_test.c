/* What is learned of kinds of requests: trust, standing, and what a flood of other kinds does to it. */
#include "tests/unit/unit.h"

#include <stdio.h>

#include "hosts/c/guest/pace.h"

#define SECOND UINT64_C(1000000000)
#define KINDS 4000 /* several times as many as the table has rows */

static const struct guest_pace_result quick = { false, false }, quick_direct = { true, false };
static const struct guest_pace_result slow = { false, true }, slow_direct = { true, true };

static guest_kind kind_of(const struct guest_pace *p, const char *target)
{
    struct mocket_message m = { .method = MOCKET_METHOD_GET, .target = { target, strlen(target) } };
    return guest_pace_kind(p, &m);
}

static guest_kind numbered(const struct guest_pace *p, int number)
{
    char target[32];
    snprintf(target, sizeof target, "/k%d", number);
    return kind_of(p, target);
}

static void set(struct guest_pace *p)
{
    memset(p, 0, sizeof *p);
    assert_int_equal(guest_pace_seed(p), 0);
}

static void note(struct guest_pace *p, guest_kind kind, bool is_long, int times)
{
    for (int n = 0; n < times; n++)
        guest_pace_note_request(p, kind, is_long);
}

static int proofs_until_trust(struct guest_pace *p, guest_kind kind, uint64_t now)
{
    int n = 0;
    for (; n < 1 << 12 && !guest_pace_trusts(p, kind, now); n++)
        guest_pace_note_call(p, kind, quick, now);
    return n;
}

static void tells_kinds_apart(void **state)
{
    (void)state;
    static const char *const same[] = { "/users", "/users/1", "/users?a=/b", "/users/2/x" };
    static const char *const odd[] = { "", "*", "/", "/?a", "//", "/users2" };
    static struct guest_pace p, other;
    set(&p);
    set(&other);
    guest_kind users = kind_of(&p, "/users");
    for (size_t i = 0; i < UNIT_COUNT(same); i++)
        assert_true(kind_of(&p, same[i]) == users);
    for (size_t i = 0; i < UNIT_COUNT(odd); i++) {
        guest_kind kind = kind_of(&p, odd[i]);
        assert_true(kind != users && kind != 0 && kind != GUEST_KIND_START && kind != GUEST_KIND_EVENT);
    }
    struct mocket_message post = { .method = MOCKET_METHOD_POST, .target = { "/users", 6 } };
    assert_false(guest_pace_kind(&p, &post) == users);
    assert_false(guest_pace_kind_of_socket(users) == users);
    assert_false(kind_of(&other, "/users") == users); /* each worker has a key of its own */
}

static void trusts_after_proofs(void **state)
{
    (void)state;
    static struct guest_pace p;
    set(&p);
    guest_kind kind = kind_of(&p, "/a"), other = kind_of(&p, "/b");
    assert_int_equal(proofs_until_trust(&p, kind, 0), 1 << 12); /* no request of it has ended */
    note(&p, kind, false, 1);
    note(&p, other, false, 1);
    int first = proofs_until_trust(&p, kind, 0);
    assert_in_range(first, 1, 100);
    guest_pace_note_call(&p, kind, quick_direct, 1);
    assert_true(guest_pace_trusts(&p, kind, 1));
    assert_false(guest_pace_trusts(&p, other, 1));
    guest_pace_note_call(&p, kind, slow, 1); /* in slices: nobody has waited for it */
    assert_false(guest_pace_trusts(&p, kind, 1));
    assert_int_equal(proofs_until_trust(&p, kind, 1), first);
    assert_int_equal(proofs_until_trust(&p, GUEST_KIND_START, 1), first);
}

/* Back to slices after a direct call that took long: for a minute, then for ten. */
static void each_surprise_costs_more(void **state)
{
    (void)state;
    static const uint64_t waits[] = { 60 * SECOND, 600 * SECOND, 600 * SECOND };
    static struct guest_pace p;
    set(&p);
    uint64_t now = 7 * SECOND;
    guest_kind kind = kind_of(&p, "/a");
    note(&p, kind, false, 1);
    for (size_t i = 0; i < UNIT_COUNT(waits); i++) {
        assert_in_range(proofs_until_trust(&p, kind, now), 0, 100); /* those of the slices count */
        guest_pace_note_call(&p, kind, slow_direct, now);
        assert_true(proofs_until_trust(&p, kind, now + waits[i] - 1) == 1 << 12);
        now += waits[i];
        assert_true(guest_pace_trusts(&p, kind, now));
    }
}

/* A guest that is slow in ever other places stalls its worker twice in ten minutes. */
static void second_kind_that_surprises_bars_all(void **state)
{
    (void)state;
    static struct guest_pace p;
    set(&p);
    uint64_t now = SECOND;
    guest_kind good = kind_of(&p, "/good");
    note(&p, good, false, 1);
    proofs_until_trust(&p, good, now);
    int surprises = 0;
    for (int n = 0; n < 100; n++, now += SECOND) {
        guest_kind kind = numbered(&p, n);
        note(&p, kind, false, 1);
        if (proofs_until_trust(&p, kind, now) == 1 << 12)
            continue;
        assert_true(guest_pace_trusts(&p, good, now));
        surprises++;
        guest_pace_note_call(&p, kind, slow_direct, now);
    }
    assert_int_equal(surprises, 2);
    assert_false(guest_pace_trusts(&p, good, now));
    assert_true(guest_pace_trusts(&p, good, now + 600 * SECOND));
}

static void proves_quick(void **state)
{
    (void)state;
    static struct guest_pace p;
    set(&p);
    guest_kind kind = kind_of(&p, "/health");
    assert_int_equal(guest_pace_standing(&p, kind), GUEST_UNKNOWN);
    note(&p, kind, false, 3);
    assert_int_equal(guest_pace_standing(&p, kind), GUEST_UNKNOWN);
    note(&p, kind, false, 1);
    assert_int_equal(guest_pace_standing(&p, kind), GUEST_QUICK);
    note(&p, kind, true, 1);
    assert_int_equal(guest_pace_standing(&p, kind), GUEST_LONG);
    note(&p, kind, false, 1);
    assert_int_equal(guest_pace_standing(&p, kind), GUEST_UNKNOWN); /* it may be tried again */
    note(&p, kind, false, 1000);
    note(&p, kind, true, 3); /* a busy kind bears some hiccups, but not many */
    assert_int_equal(guest_pace_standing(&p, kind), GUEST_QUICK);
    note(&p, kind, true, 1);
    assert_int_equal(guest_pace_standing(&p, kind), GUEST_LONG);
}

/* One long request among ten: not quick, however many there are. */
static void is_not_quick_that_is_long_now_and_then(void **state)
{
    (void)state;
    static struct guest_pace p;
    set(&p);
    guest_kind kind = kind_of(&p, "/mixed");
    int quick_after_long = 0;
    for (int n = 0; n < 1000; n++) {
        note(&p, kind, n % 10 == 0, 1);
        quick_after_long += n % 10 == 0 && guest_pace_standing(&p, kind) == GUEST_QUICK;
    }
    assert_int_equal(quick_after_long, 0);
}

/* Whatever kinds clients invent: what has proved quick stays so, and what took long takes no place of others. */
static void floods_push_nothing_out(void **state)
{
    (void)state;
    static struct guest_pace p;
    set(&p);
    guest_kind health = kind_of(&p, "/health"), young = kind_of(&p, "/young");
    note(&p, health, false, 10);
    note(&p, young, false, 1);
    for (int n = 0; n < KINDS; n++)
        note(&p, numbered(&p, n), true, 2);
    assert_int_equal(guest_pace_standing(&p, health), GUEST_QUICK);
    note(&p, young, false, 3);
    assert_int_equal(guest_pace_standing(&p, young), GUEST_QUICK);
    for (int n = 0; n < KINDS; n++)
        note(&p, numbered(&p, n), false, 1);
    assert_int_equal(guest_pace_standing(&p, health), GUEST_QUICK);
}

/* Kinds that were quick once and are not used any more make room in the end, and are unknown then. */
static void new_kinds_find_room(void **state)
{
    (void)state;
    static struct guest_pace p;
    set(&p);
    for (int n = 0; n < KINDS; n++)
        note(&p, numbered(&p, n), false, 8);
    guest_kind fresh = kind_of(&p, "/fresh");
    note(&p, fresh, false, 100);
    assert_int_equal(guest_pace_standing(&p, fresh), GUEST_QUICK);
    int quick_count = 0;
    for (int n = 0; n < KINDS; n++)
        quick_count += guest_pace_standing(&p, numbered(&p, n)) == GUEST_QUICK;
    assert_in_range(quick_count, 1, GUEST_PACE_SETS * GUEST_PACE_WAYS);
}

static void weighs_messages_of_sockets(void **state)
{
    (void)state;
    static struct guest_pace p;
    set(&p);
    guest_kind kind = guest_pace_kind_of_socket(kind_of(&p, "/chat"));
    assert_in_range(proofs_until_trust(&p, kind, 0), 1, 100);
    for (int n = 0; n < KINDS; n++)
        note(&p, numbered(&p, n), true, 1);
    assert_true(guest_pace_trusts(&p, kind, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_kinds_apart),
        cmocka_unit_test(trusts_after_proofs),
        cmocka_unit_test(each_surprise_costs_more),
        cmocka_unit_test(second_kind_that_surprises_bars_all),
        cmocka_unit_test(proves_quick),
        cmocka_unit_test(is_not_quick_that_is_long_now_and_then),
        cmocka_unit_test(floods_push_nothing_out),
        cmocka_unit_test(new_kinds_find_room),
        cmocka_unit_test(weighs_messages_of_sockets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
