/* Lookups of names: how many run and wait, for whom, who is told what, and that nothing is left of them, whatever order
 * askers, threads and the pool end in. getaddrinfo is this program's: it answers when the test says so. */
#include "unit.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>

#include "src/backend/native/client/lookup.h"

#define WAIT_S 10

/* ---- A name server that waits ---- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool open_all;             /* names are answered at once */
static char released[64];         /* this name is */
static int running, most, called; /* calls */
static bool signals_blocked = true;

static struct addrinfo *row(int family, const char *text, struct addrinfo *next)
{
    struct addrinfo *a = calloc(1, sizeof *a + sizeof(struct sockaddr_in6));
    a->ai_family = family;
    a->ai_addr = (struct sockaddr *)(a + 1);
    a->ai_addrlen = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    a->ai_addr->sa_family = (sa_family_t)family;
    void *to = family == AF_INET ? (void *)&((struct sockaddr_in *)(void *)a->ai_addr)->sin_addr
                                 : (void *)&((struct sockaddr_in6 *)(void *)a->ai_addr)->sin6_addr;
    assert(inet_pton(family, text, to) == 1);
    a->ai_next = next;
    return a;
}

static struct addrinfo *rows_of(const char *name)
{
    struct addrinfo *rows = NULL;
    if (strcmp(name, "zone.test") == 0) {
        rows = row(AF_INET6, "fe80::1", NULL);
        ((struct sockaddr_in6 *)(void *)rows->ai_addr)->sin6_scope_id = 3;
        return rows;
    }
    for (int i = 0; strcmp(name, "many.test") == 0 && i < 100; i++)
        rows = row(AF_INET6, "2001:db8:1111:2222:3333:4444:5555:6666", rows);
    return rows ? rows : row(AF_INET6, "2001:db8::1", row(AF_INET, "192.0.2.1", NULL));
}

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **out)
{
    sigset_t mask;
    assert(!service && hints->ai_socktype == SOCK_STREAM);
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    pthread_mutex_lock(&lock);
    called++;
    running++;
    most = running > most ? running : most;
    signals_blocked &= sigismember(&mask, SIGTERM) == 1;
    pthread_cond_broadcast(&changed);
    while (!open_all && strcmp(name, released) != 0)
        pthread_cond_wait(&changed, &lock);
    running--;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    if (strncmp(name, "gone", 4) == 0)
        return EAI_NONAME;
    if (strncmp(name, "full", 4) == 0)
        return EAI_MEMORY;
    *out = rows_of(name);
    return 0;
}

void freeaddrinfo(struct addrinfo *rows)
{
    while (rows) {
        struct addrinfo *next = rows->ai_next;
        free(rows);
        rows = next;
    }
}

static void answer(const char *name)
{
    pthread_mutex_lock(&lock);
    open_all = name == NULL;
    snprintf(released, sizeof released, "%s", name ? name : "");
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static void wait_running(int n)
{
    struct timespec until;
    int rc = 0;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += WAIT_S;
    pthread_mutex_lock(&lock);
    while (running != n && rc == 0)
        rc = pthread_cond_timedwait(&changed, &lock, &until);
    int got = running;
    pthread_mutex_unlock(&lock);
    assert_int_equal(got, n);
}

/* ---- Askers ---- */

struct fixture {
    uv_loop_t loop;
    uv_timer_t keep; /* the loop alive, as exchanges do */
    struct mocket_lookups *lookups;
    int counted, closed;
};

struct waiter {
    struct mocket_asker asker;
    int told, code;
    char addresses[1000], reason[100];
};

static void take(struct waiter *w, const struct mocket_lookup_result *r)
{
    w->told++;
    w->code = r->code;
    snprintf(w->addresses, sizeof w->addresses, "%s", r->code == 0 ? r->addresses : "");
    snprintf(w->reason, sizeof w->reason, "%s", r->code < 0 ? r->reason : "");
}

static void done(struct mocket_asker *asker, const struct mocket_lookup_result *result)
{
    take((struct waiter *)asker, result);
}

static void count(void *arg, int change)
{
    ((struct fixture *)arg)->counted += change;
}

static void closed(void *arg)
{
    ((struct fixture *)arg)->closed++;
}

static void on_keep(uv_timer_t *timer)
{
    (void)timer;
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    answer("");
    most = called = 0;
    assert_int_equal(uv_loop_init(&f->loop), 0);
    uv_timer_init(&f->loop, &f->keep);
    uv_timer_start(&f->keep, on_keep, 1000, 1000);
    f->lookups = mocket__lookups_new(&f->loop, closed, f);
    assert_non_null(f->lookups);
    mocket__lookups_watch(f->lookups, count, f);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    mocket__lookups_free(f->lookups);
    uv_close((uv_handle_t *)&f->keep, NULL);
    uv_run(&f->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&f->loop), 0);
    assert_int_equal(f->closed, 1);
    assert_int_equal(f->counted, 0);
    answer(NULL);
    wait_running(0);
    free(f);
    return 0;
}

static int ask_for(struct fixture *f, struct waiter *w, const void *owner, const char *name)
{
    struct mocket_lookup_result result;
    memset(w, 0, sizeof *w);
    w->asker.owner = (uintptr_t)owner;
    w->asker.done = done;
    int rc = mocket__lookup_ask(f->lookups, mocket__span(name), &w->asker, &result);
    mocket__lookups_check(f->lookups);
    if (rc == 0)
        take(w, &result);
    return rc;
}

/* For n waiters, names PREFIX0.test and so on. How many were taken. */
static size_t ask_many(struct fixture *f, struct waiter *w, size_t n, const void *owner, const char *prefix)
{
    char name[64];
    size_t taken = 0;
    for (; taken < n; taken++) {
        snprintf(name, sizeof name, "%s%zu.test", prefix, taken);
        if (ask_for(f, &w[taken], owner, name) != MOCKET_EAGAIN)
            break;
    }
    return taken;
}

static void leave_all(struct fixture *f, struct waiter *w, size_t n)
{
    for (size_t i = 0; i < n; i++)
        mocket__lookup_leave(&w[i].asker);
    mocket__lookups_check(f->lookups);
}

/* Until the asker is told. The handle of the lookups does not keep the loop. */
static void run_until_told(struct fixture *f, const struct waiter *w)
{
    uint64_t until = uv_hrtime() + WAIT_S * UINT64_C(1000000000);
    while (!w->told) {
        assert_true(uv_hrtime() < until);
        uv_run(&f->loop, UV_RUN_NOWAIT);
        mocket__lookups_check(f->lookups);
        nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
    }
}

/* ---- Tests ---- */

static void test_addresses(void **state)
{
    struct fixture *f = *state;
    struct waiter w;
    answer(NULL);
    assert_int_equal(ask_for(f, &w, f, "a.test"), MOCKET_EAGAIN);
    assert_int_equal(f->counted, 1);
    run_until_told(f, &w);
    assert_int_equal(w.code, 0);
    assert_string_equal(w.addresses, "[2001:db8::1],192.0.2.1");
    assert_int_equal(f->counted, 0);
    assert_true(signals_blocked);
    assert_int_equal(ask_for(f, &w, f, "many.test"), MOCKET_EAGAIN);
    run_until_told(f, &w);
    assert_int_equal(strlen(w.addresses), 16 * (38 + 3) - 1); /* no more than 16 of them */
    assert_int_equal(ask_for(f, &w, f, "zone.test"), MOCKET_EAGAIN);
    run_until_told(f, &w);
    assert_int_equal(w.code, MOCKET_EIO); /* an address of one interface only */
}

static void test_failures(void **state)
{
    struct fixture *f = *state;
    struct waiter w;
    answer(NULL);
    assert_int_equal(ask_for(f, &w, f, "gone.test"), MOCKET_EAGAIN);
    run_until_told(f, &w);
    assert_int_equal(w.code, MOCKET_EIO);
    assert_string_equal(w.reason, gai_strerror(EAI_NONAME));
    assert_int_equal(ask_for(f, &w, f, "full.test"), MOCKET_EAGAIN);
    run_until_told(f, &w);
    assert_int_equal(w.code, MOCKET_ENOMEM);
}

static void test_names_that_are_none(void **state)
{
    struct fixture *f = *state;
    struct waiter w;
    char name[MOCKET_LOOKUP_NAME_MAX + 2];
    memset(name, 'a', sizeof name);
    name[sizeof name - 1] = '\0';
    assert_int_equal(ask_for(f, &w, f, name), 0);
    assert_int_equal(w.code, MOCKET_EIO);
    assert_int_equal(ask_for(f, &w, f, ""), 0);
    assert_int_equal(w.code, MOCKET_EIO);
    answer(NULL);
    name[MOCKET_LOOKUP_NAME_MAX] = '\0';
    assert_int_equal(ask_for(f, &w, f, name), MOCKET_EAGAIN);
    run_until_told(f, &w);
    assert_int_equal(w.code, 0);
}

static void test_one_lookup_of_a_name(void **state)
{
    struct fixture *f = *state;
    struct waiter w[50], late;
    for (size_t i = 0; i < UNIT_COUNT(w); i++)
        assert_int_equal(ask_for(f, &w[i], &w[i], "shared.test"), MOCKET_EAGAIN);
    assert_int_equal(f->counted, 1);
    mocket__lookup_leave(&w[0].asker);
    mocket__lookup_leave(&w[0].asker);
    answer("shared.test");
    run_until_told(f, &w[49]);
    for (size_t i = 0; i < UNIT_COUNT(w); i++)
        assert_int_equal(w[i].told, i > 0);
    assert_int_equal(called, 1);
    assert_int_equal(ask_for(f, &late, f, "shared.test"), 0);
    assert_string_equal(late.addresses, "[2001:db8::1],192.0.2.1");
    assert_int_equal(called, 1);
}

static void pass_time(struct fixture *f, uint64_t ms)
{
    uint64_t until = uv_now(&f->loop) + ms;
    while (uv_now(&f->loop) < until) {
        nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
        uv_update_time(&f->loop);
    }
}

static void test_failures_are_kept_for_a_moment(void **state)
{
    struct fixture *f = *state;
    struct waiter w;
    answer(NULL);
    ask_for(f, &w, f, "gone.test");
    run_until_told(f, &w);
    assert_int_equal(ask_for(f, &w, f, "gone.test"), 0);
    assert_int_equal(w.code, MOCKET_EIO);
    assert_int_equal(called, 1);
    pass_time(f, MOCKET_LOOKUP_FAILED_MS + 50);
    assert_int_equal(ask_for(f, &w, f, "gone.test"), MOCKET_EAGAIN);
    run_until_told(f, &w);
    assert_int_equal(called, 2);
}

static void test_how_many_names_are_kept(void **state)
{
    struct fixture *f = *state;
    struct waiter w;
    char name[64];
    answer(NULL);
    for (unsigned i = 0; i < MOCKET_LOOKUPS_KEPT + 1; i++) {
        snprintf(name, sizeof name, "n%u.test", i);
        assert_int_equal(ask_for(f, &w, f, name), MOCKET_EAGAIN);
        run_until_told(f, &w);
    }
    assert_int_equal(ask_for(f, &w, f, "n1.test"), 0); /* only the oldest had to go */
    assert_int_equal(ask_for(f, &w, f, "n0.test"), MOCKET_EAGAIN);
    run_until_told(f, &w);
}

static void test_threads_are_bounded(void **state)
{
    struct fixture *f = *state;
    static struct waiter one[100], two[100], last;
    assert_int_equal(ask_many(f, one, 100, one, "one"), 100);
    wait_running(12); /* one owner leaves some for others */
    assert_int_equal(ask_many(f, two, 100, two, "two"), 100);
    wait_running(15);
    assert_int_equal(ask_for(f, &last, &last, "last.test"), MOCKET_EAGAIN);
    wait_running(16);
    assert_int_equal(f->counted, 201);
    answer("last.test"); /* which overtakes those who have many */
    run_until_told(f, &last);
    answer(NULL);
    for (size_t i = 0; i < 100; i++) {
        run_until_told(f, &one[i]);
        run_until_told(f, &two[i]);
    }
    assert_int_equal(f->counted, 0);
    assert_int_equal(called, 201);
    assert_in_range(most, 12, MOCKET_LOOKUPS_RUNNING);
}

static void test_a_name_of_the_greedy_is_not_held_back_for_others(void **state)
{
    struct fixture *f = *state;
    static struct waiter many[20], other;
    assert_int_equal(ask_many(f, many, 20, many, "many"), 20);
    wait_running(12);
    assert_int_equal(ask_for(f, &other, &other, "many19.test"), MOCKET_EAGAIN);
    wait_running(13);
    answer("many19.test");
    run_until_told(f, &other);
    run_until_told(f, &many[19]);
    leave_all(f, many, 20);
}

static void test_the_queue_is_bounded(void **state)
{
    struct fixture *f = *state;
    static struct waiter w[6][MOCKET_LOOKUPS_QUEUED + 100];
    static const size_t owners = 5;
    size_t taken[5], sum = 0;
    char prefix[32];
    for (size_t i = 0; i < owners; i++) {
        snprintf(prefix, sizeof prefix, "q%zu-", i);
        taken[i] = ask_many(f, w[i], MOCKET_LOOKUPS_QUEUED + 100, w[i], prefix);
        sum += taken[i];
    }
    assert_int_equal(taken[0], 12 + 342);
    assert_true(taken[1] > taken[2] && taken[2] > taken[3]); /* less for each, and something for all */
    assert_true(taken[4] > 30 && sum < MOCKET_LOOKUPS_QUEUED);
    assert_int_equal(f->counted, sum);
    struct waiter more;
    struct mocket_lookup_result result;
    more.asker = (struct mocket_asker){ .owner = (uintptr_t)w[0] };
    assert_int_equal(mocket__lookup_ask(f->lookups, MOCKET_SPAN("more.test"), &more.asker, &result), MOCKET_ELIMIT);
    assert_int_equal(ask_for(f, &more, w[0], "q0-300.test"), MOCKET_EAGAIN); /* a name that waits already */
    mocket__lookup_leave(&more.asker);
    for (size_t i = 0; i < owners; i++)
        leave_all(f, w[i], taken[i]);
    assert_int_equal(f->counted, 16); /* those that run have their places until they are done */
}

static void test_what_runs_keeps_its_place(void **state)
{
    struct fixture *f = *state;
    static struct waiter w[30], again[30];
    assert_int_equal(ask_many(f, w, 30, w, "first"), 30);
    wait_running(12);
    leave_all(f, w, 30);
    assert_int_equal(f->counted, 12);
    assert_int_equal(ask_many(f, again, 30, w, "second"), 30);
    uv_run(&f->loop, UV_RUN_NOWAIT);
    assert_int_equal(running, 12);
    assert_int_equal(called, 12);
    answer(NULL);
    run_until_told(f, &again[29]);
    for (size_t i = 0; i < 30; i++) {
        run_until_told(f, &again[i]);
        assert_int_equal(w[i].told, 0);
    }
}

static void test_the_pool_ends_first(void **state)
{
    struct fixture *f = *state;
    static struct waiter w[30];
    assert_int_equal(ask_many(f, w, 30, w, "left"), 30);
    wait_running(12);
    answer("left3.test"); /* has been posted, or comes too late */
    wait_running(11);
    leave_all(f, w, 30);
    (void)state; /* tear_down frees the lookups, and lets the threads go on */
}

/* While the first of them is taken from its list, all threads are done, and find the mailbox open, closed or locked. */
static void count_and_let_go(void *arg, int change)
{
    count(arg, change);
    if (change > 0)
        return;
    answer(NULL);
    wait_running(0);
    nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL);
}

static void test_threads_are_done_while_the_pool_ends(void **state)
{
    struct fixture *f = *state;
    static struct waiter w[12];
    assert_int_equal(ask_many(f, w, 12, w, "late"), 12);
    wait_running(12);
    leave_all(f, w, 12);
    mocket__lookups_watch(f->lookups, count_and_let_go, f); /* tear_down frees the lookups */
}

static int run_one(void *arg)
{
    struct fixture *f = arg;
    struct waiter w;
    char name[32];
    static int number;
    snprintf(name, sizeof name, "x%d.test", number++);
    int rc = ask_for(f, &w, f, name);
    if (rc != MOCKET_EAGAIN)
        return rc;
    run_until_told(f, &w);
    return w.code;
}

static int open_and_close(void *arg)
{
    struct fixture *f = arg;
    struct mocket_lookups *l = mocket__lookups_new(&f->loop, closed, f);
    if (!l)
        return MOCKET_ENOMEM;
    f->closed--;
    mocket__lookups_free(l);
    uv_run(&f->loop, UV_RUN_NOWAIT);
    return 0;
}

static void test_each_allocation_fails(void **state)
{
    answer(NULL);
    assert_int_equal(unit_each_allocation_fails(run_one, *state), 1);
    assert_int_equal(unit_each_allocation_fails(open_and_close, *state), 2);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
    static const struct CMUnitTest tests[] = {
        TEST(test_addresses),
        TEST(test_failures),
        TEST(test_names_that_are_none),
        TEST(test_one_lookup_of_a_name),
        TEST(test_failures_are_kept_for_a_moment),
        TEST(test_how_many_names_are_kept),
        TEST(test_threads_are_bounded),
        TEST(test_a_name_of_the_greedy_is_not_held_back_for_others),
        TEST(test_the_queue_is_bounded),
        TEST(test_what_runs_keeps_its_place),
        TEST(test_the_pool_ends_first),
        TEST(test_threads_are_done_while_the_pool_ends),
        TEST(test_each_allocation_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
