/* Trust is earned, lost, and earned again, by kind of request. */
#include "tests/unit/unit.h"

#include "hosts/c/guest/pace.h"

static const struct guest_pace_result quick = { false, false }, quick_direct = { true, false };
static const struct guest_pace_result slow = { false, true }, slow_direct = { true, true };

static uint32_t slot_of(const char *target)
{
    struct mocket_message m = { .method = MOCKET_METHOD_GET, .target = { target, strlen(target) } };
    return guest_pace_slot(&m);
}

static int proofs_until_trust(struct guest_pace *p, uint32_t slot, uint64_t tick)
{
    int n = 0;
    for (; n < 1 << 24 && !guest_pace_trusts(p, slot, tick); n++)
        guest_pace_note(p, slot, tick, quick);
    return n;
}

static void tells_kinds_apart(void **state)
{
    (void)state;
    static const char *const same[] = { "/users", "/users/1", "/users?a=/b", "/users/2/x" };
    for (size_t i = 0; i < UNIT_COUNT(same); i++)
        unit_equal(slot_of(same[i]), slot_of("/users"), i);
    assert_int_not_equal(slot_of("/users"), slot_of("/reports"));
    assert_true(slot_of("") > GUEST_PACE_EVENT && slot_of("*") < GUEST_PACE_SLOTS);
}

static void trusts_after_proofs(void **state)
{
    (void)state;
    struct guest_pace p = { 0 };
    int first = proofs_until_trust(&p, 5, 0);
    assert_in_range(first, 1, 100);
    guest_pace_note(&p, 5, 1, quick_direct);
    assert_true(guest_pace_trusts(&p, 5, 1));
    assert_false(guest_pace_trusts(&p, 6, 1));
    guest_pace_note(&p, 5, 2, slow_direct);
    assert_false(guest_pace_trusts(&p, 5, 2));
    assert_true(guest_pace_is_slow(&p, 5));
    assert_true(proofs_until_trust(&p, 5, 2) > 10 * first); /* a surprise costs more than being slow in slices */
    guest_pace_note(&p, 7, 3, slow);
    assert_int_equal(proofs_until_trust(&p, 7, 3), first);
}

/* A guest that is slow in ever other places stalls its worker a few times a minute, not more. */
static void bars_all_after_several_surprises(void **state)
{
    (void)state;
    struct guest_pace p = { 0 };
    int surprises = 0;
    uint64_t tick = 0;
    for (uint32_t slot = 10; slot < 200; slot++, tick++) {
        if (proofs_until_trust(&p, slot, tick) == 1 << 24)
            break;
        surprises++;
        guest_pace_note(&p, slot, tick, slow_direct);
    }
    assert_in_range(surprises, 1, 8);
    assert_false(guest_pace_trusts(&p, 9, tick));
    assert_true(proofs_until_trust(&p, 9, tick + 100000) < 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_kinds_apart),
        cmocka_unit_test(trusts_after_proofs),
        cmocka_unit_test(bars_all_after_several_surprises),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
