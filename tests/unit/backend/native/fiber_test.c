#include "src/backend/native/fiber/fiber.h"
#include "unit.h"

#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct mocket_fibers pool;

struct job {
    struct mocket_fiber *fiber;
    int parks, done;
    double sum;
};

/* Uses enough of its stack to notice when two fibers share one. */
static void work(void *arg)
{
    struct job *job = arg;
    volatile char mine[8192];
    memset((char *)mine, job->parks, sizeof(mine));
    for (int i = 0; i < job->parks; i++) {
        job->sum += 0.5;
        mocket__fiber_park(job->fiber);
        for (size_t k = 0; k < sizeof(mine); k += 512)
            assert_int_equal(mine[k], (char)job->parks);
    }
    job->done = 1;
}

static void test_interleaved(void **state)
{
    struct job jobs[20] = { 0 };
    int left = (int)UNIT_COUNT(jobs);
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(jobs); i++) {
        jobs[i].parks = (int)i;
        jobs[i].fiber = mocket__fiber_new(&pool, work, &jobs[i]);
        assert_non_null(jobs[i].fiber);
    }
    while (left > 0)
        for (size_t i = 0; i < UNIT_COUNT(jobs); i++)
            if (!jobs[i].done && !mocket__fiber_resume(jobs[i].fiber))
                left--;
    for (size_t i = 0; i < UNIT_COUNT(jobs); i++)
        assert_true(jobs[i].sum == 0.5 * (double)i);
    assert_int_equal(pool.idle_count, UNIT_COUNT(jobs));
}

static void nothing(void *arg)
{
    ++*(int *)arg;
}

static void test_last_in_first_out(void **state)
{
    int runs = 0;
    (void)state;
    struct mocket_fiber *first = mocket__fiber_new(&pool, nothing, &runs);
    assert_false(mocket__fiber_resume(first));
    for (int i = 0; i < 1000; i++) {
        struct mocket_fiber *next = mocket__fiber_new(&pool, nothing, &runs);
        assert_ptr_equal(next, first);
        assert_false(mocket__fiber_resume(next));
    }
    assert_int_equal(runs, 1001);
}

static void inner(void *arg)
{
    struct job *job = arg;
    mocket__fiber_park(job->fiber);
    job->done = 1;
}

static void outer(void *arg)
{
    struct job *job = arg;
    assert_true(mocket__fiber_resume(job->fiber));
    assert_false(mocket__fiber_resume(job->fiber));
}

/* A fiber may run another one, as long as it does not wait for it. */
static void test_nested(void **state)
{
    struct job job = { 0 };
    (void)state;
    job.fiber = mocket__fiber_new(&pool, inner, &job);
    assert_false(mocket__fiber_resume(mocket__fiber_new(&pool, outer, &job)));
    assert_int_equal(job.done, 1);
}

static void test_many(void **state)
{
    enum { MANY = MOCKET_FIBERS_IDLE_MAX + 10 };
    static struct job jobs[MANY];
    (void)state;
    for (int i = 0; i < MANY; i++) {
        jobs[i] = (struct job){ .parks = 1 };
        jobs[i].fiber = mocket__fiber_new(&pool, work, &jobs[i]);
        assert_non_null(jobs[i].fiber);
        assert_true(mocket__fiber_resume(jobs[i].fiber));
    }
    for (int i = 0; i < MANY; i++)
        assert_false(mocket__fiber_resume(jobs[i].fiber));
    assert_int_equal(pool.idle_count, MOCKET_FIBERS_IDLE_MAX);
}

/* After a burst its stacks are given back, bit by bit, while a few are in use. */
static void test_burst(void **state)
{
    int runs = 0;
    test_many(state);
    size_t before = pool.idle_count;
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < MOCKET_FIBERS_LOOK; i++)
            assert_false(mocket__fiber_resume(mocket__fiber_new(&pool, nothing, &runs)));
        assert_true(pool.idle_count < before || pool.idle_count == MOCKET_FIBERS_IDLE_LEAST || round == 0);
        before = pool.idle_count;
    }
    assert_int_equal(pool.idle_count, MOCKET_FIBERS_IDLE_LEAST);
}

/* Without memory there is one stack left for what must run, again and again. */
static void test_spare(void **state)
{
    struct rlimit before;
    int runs = 0;
    (void)state;
    assert_true(mocket__fibers_reserve(&pool));
    assert_int_equal(getrlimit(RLIMIT_AS, &before), 0);
    for (int i = 1; i <= 3; i++) {
        assert_int_equal(setrlimit(RLIMIT_AS, &(struct rlimit){ 4096, before.rlim_max }), 0);
        struct mocket_fiber *any = mocket__fiber_new(&pool, nothing, &runs);
        struct mocket_fiber *must = mocket__fiber_must(&pool, nothing, &runs);
        struct mocket_fiber *another = mocket__fiber_must(&pool, nothing, &runs);
        assert_int_equal(setrlimit(RLIMIT_AS, &before), 0);
        assert_null(any);
        assert_non_null(must);
        assert_null(another);
        assert_false(mocket__fiber_resume(must));
        assert_int_equal(runs, i);
    }
    assert_int_equal(pool.idle_count, 0);
}

static volatile sig_atomic_t signals;

static void on_signal(int number)
{
    (void)number;
    signals++;
}

static void signalled(void *arg)
{
    (void)arg;
    syscall(SYS_tgkill, getpid(), gettid(), SIGUSR1); /* a sanitizer does not see this call */
}

/* A signal that arrives while a fiber runs is handled, although the fiber does nothing more. */
static void test_signal(void **state)
{
    struct sigaction before, ours = { .sa_handler = on_signal };
    (void)state;
    signals = 0;
    assert_int_equal(sigaction(SIGUSR1, &ours, &before), 0);
    struct mocket_fiber *f = mocket__fiber_new(&pool, signalled, NULL);
    assert_false(mocket__fiber_resume(f));
    poll(NULL, 0, 0);
    assert_int_equal(signals, 1);
    assert_int_equal(sigaction(SIGUSR1, &before, NULL), 0);
}

static int release(void **state)
{
    (void)state;
    mocket__fibers_release(&pool);
    return pool.idle == NULL && pool.idle_count == 0 ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_interleaved, release),
        cmocka_unit_test_teardown(test_last_in_first_out, release),
        cmocka_unit_test_teardown(test_nested, release),
        cmocka_unit_test_teardown(test_many, release),
        cmocka_unit_test_teardown(test_burst, release),
        cmocka_unit_test_teardown(test_spare, release),
        cmocka_unit_test_teardown(test_signal, release),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
