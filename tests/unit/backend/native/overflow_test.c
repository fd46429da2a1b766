/* Do the sanitizers see what happens on a fiber's stack? A test that plants an overflow there and looks for the report,
 * and one that overruns the stack as a whole, which has to be a fault in every build. */
#include <signal.h>
#include <sys/wait.h>

#include "src/backend/native/fiber/fiber.h"
#include "unit.h"

#if defined(__SANITIZE_ADDRESS__)
#define UNDER_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define UNDER_ASAN 1
#endif
#endif

static struct mocket_fibers pool;

/* Runs it on a fiber of a child; its status, and what it said on standard error. */
static int run_in_child(void (*fn)(void *arg), char *said, size_t size)
{
    int ends[2], status;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        mocket__fiber_resume(mocket__fiber_new(&pool, fn, NULL));
        _exit(0);
    }
    close(ends[1]);
    size_t len = 0;
    for (ssize_t n; len < size - 1 && (n = read(ends[0], said + len, size - 1 - len)) > 0;)
        len += (size_t)n;
    said[len] = '\0';
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

#ifdef UNDER_ASAN
/* The other sanitizer would be first, and it does not care about stacks. */
__attribute__((no_sanitize("undefined"))) static void write_behind_an_array(void *arg)
{
    volatile size_t len = 32;
    char array[32];
    (void)arg;
    memset(array, 'x', len);
    ((volatile char *)array)[len] = 'x';
}

static void test_overflow_is_reported(void **state)
{
    static char said[65536];
    (void)state;
    int status = run_in_child(write_behind_an_array, said, sizeof(said));
    assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_non_null(strstr(said, "stack-buffer-overflow"));
    assert_non_null(strstr(said, "write_behind_an_array"));
}
#endif

/* Deeper than any stack of a fiber. */
static int descend(int levels)
{
    volatile char mine[4096];
    mine[0] = (char)levels;
    return levels > 0 ? descend(levels - 1) + mine[0] : 0;
}

static void overrun(void *arg)
{
    volatile int sum = descend(10 * MOCKET_FIBER_STACK / 4096);
    (void)arg, (void)sum;
}

static void test_overrun_is_a_fault(void **state)
{
    static char said[65536];
    (void)state;
    int status = run_in_child(overrun, said, sizeof(said));
    assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) != 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#ifdef UNDER_ASAN
        cmocka_unit_test(test_overflow_is_reported),
#endif
        cmocka_unit_test(test_overrun_is_a_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
