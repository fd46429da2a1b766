/* The budget of descriptors: how it is divided, and that the process's limit is raised to it and no further. */
#include "unit.h"

#include <fcntl.h>
#include <sys/resource.h>

#include "src/backend/native/descriptors.h"
#include "src/backend/native/native.h"

static void test_division(void **state)
{
    static const struct {
        size_t wanted[3], left, granted[3];
    } rows[] = {
        { { 100, 100, 100 }, 400, { 100, 100, 100 } },
        { { 100, 100, 100 }, 300, { 100, 100, 100 } },
        { { 10000, 4096, 640 }, 1000, { 500, 250, 250 } },
        { { 10000, 4096, 100 }, 1000, { 600, 300, 100 } }, /* what one does not need goes to the others */
        { { 10000, 10, 100 }, 1000, { 890, 10, 100 } },
        { { 300, 4096, 640 }, 1000, { 300, 350, 350 } },
        { { 10000, 0, 0 }, 1000, { 1000, 0, 0 } },
        { { 5, 4096, 640 }, 100, { 5, 47, 47 } },
        { { 100, 100, 100 }, 3, { 0, 0, 0 } },
        { { 100, 100, 100 }, 0, { 0, 0, 0 } },
    };
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        size_t granted[3] = { 77, 77, 77 };
        mocket__descriptors_divide(rows[i].wanted, rows[i].left, granted);
        for (int use = 0; use < 3; use++)
            unit_equal((long long)granted[use], (long long)rows[i].granted[use], i);
    }
}

static struct mocket_descriptors wish(void)
{
    return (
        struct mocket_descriptors){ .workers = 2, .listeners = 1, .connections = 1000, .files = 100, .outgoing = 200 };
}

static void limit(rlim_t soft, rlim_t hard)
{
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &(struct rlimit){ soft, hard }), 0);
}

static void test_the_limit_is_raised(void **state)
{
    struct mocket_descriptors d = wish();
    char problem[MOCKET_DESCRIPTORS_TEXT];
    struct rlimit now;
    (void)state;
    limit(64, 4000);
    assert_true(mocket__native_descriptors(&d, problem));
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &now), 0);
    assert_in_range(now.rlim_cur, 1000 + 100 + 2 * 250, 2000); /* some connections are tried at two addresses at once */
    assert_int_equal(now.rlim_max, 4000);
    assert_true(d.connections == 1000 && d.files == 100 && d.outgoing == 200);
    limit(3000, 4000);
    assert_true(mocket__native_descriptors(&d, problem));
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &now), 0);
    assert_int_equal(now.rlim_cur, 3000); /* and not lowered */
}

static void test_shares_shrink(void **state)
{
    struct mocket_descriptors d = wish();
    char problem[MOCKET_DESCRIPTORS_TEXT];
    struct rlimit now;
    (void)state;
    limit(64, 1000);
    assert_false(mocket__native_descriptors(&d, problem));
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &now), 0);
    assert_int_equal(now.rlim_cur, 1000);
    assert_in_range(d.connections, 300, 500);
    assert_int_equal(d.files, 100);
    assert_in_range(d.outgoing, 60, 110);
    assert_true(d.connections + d.files + 2 * mocket__native_outgoing_descriptors(d.outgoing) < 1000 - 150);
    assert_non_null(strstr(problem, "the process may open 1000 (raise the hard limit, ulimit -Hn): "));
    assert_non_null(strstr(problem, " connections instead of 1000, "));
    assert_non_null(strstr(problem, " connections of a worker to other servers instead of 200"));
    assert_null(strstr(problem, "files"));
}

static void test_there_is_next_to_nothing(void **state)
{
    struct mocket_descriptors d = wish();
    char problem[MOCKET_DESCRIPTORS_TEXT];
    (void)state;
    limit(12, 12); /* less than the process needs for itself */
    assert_false(mocket__native_descriptors(&d, problem));
    assert_true(d.connections == 2 && d.files == 1 && d.outgoing == 1);
}

/* What is open already is not given away once more. */
static void test_what_is_open_counts(void **state)
{
    struct mocket_descriptors before = wish(), after = wish();
    char problem[MOCKET_DESCRIPTORS_TEXT];
    int fds[100];
    (void)state;
    limit(900, 900);
    assert_false(mocket__native_descriptors(&before, problem));
    for (size_t i = 0; i < UNIT_COUNT(fds); i++)
        assert_true((fds[i] = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0);
    assert_false(mocket__native_descriptors(&after, problem));
    for (size_t i = 0; i < UNIT_COUNT(fds); i++)
        close(fds[i]);
    assert_in_range(before.connections - after.connections, 55, 80);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        /* in this order: a hard limit only falls */
        cmocka_unit_test(test_division), cmocka_unit_test(test_the_limit_is_raised),
        cmocka_unit_test(test_shares_shrink), cmocka_unit_test(test_what_is_open_counts),
        cmocka_unit_test(test_there_is_next_to_nothing)
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
