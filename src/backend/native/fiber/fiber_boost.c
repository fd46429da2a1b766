/* Boost.Context switches stacks by saving the registers that a call must keep: tens of nanoseconds. Its two assembly
 * functions have C linkage and are declared here as they are.
 *
 * A fiber's bookkeeping lies at the top of its own mapping, the stack grows down from there to a page without access,
 * so that an overrun is a fault and not somebody else's data. A stack that is done is not unwound: its entry function
 * loops and takes the next job, so that a pooled fiber is resumed like a parked one.
 *
 * AddressSanitizer must be told of each switch, otherwise it takes the new stack for an overflow of the old one;
 * ThreadSanitizer, otherwise it takes the two for one thread that jumps about. ThreadSanitizer also keeps a signal for
 * the fiber that it arrived on, until that fiber calls a function that the sanitizer intercepts. A fiber that is idle
 * calls none, so a server would miss its SIGTERM. Signals are therefore blocked while a fiber runs under it. */
#include "fiber.h"

#include "../../../base/check.h"

#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define FIBER_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FIBER_ASAN 1
#endif
#if __has_feature(thread_sanitizer)
#define FIBER_TSAN 1
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define FIBER_TSAN 1
#endif

#ifdef FIBER_TSAN
#include <sanitizer/tsan_interface.h>

#include "../thread.h"
#define block_signals(before) mocket__thread_block_signals(before)
#define unblock_signals(before) pthread_sigmask(SIG_SETMASK, before, NULL)
#else
#define block_signals(before) ((void)(before))
#define unblock_signals(before) ((void)(before))
#define __tsan_create_fiber(flags) ((void)(flags), (void *)NULL)
#define __tsan_destroy_fiber(fiber) ((void)(fiber))
#define __tsan_get_current_fiber() NULL
#define __tsan_switch_to_fiber(fiber, flags) ((void)(fiber), (void)(flags))
#endif

#ifdef FIBER_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#else
#define __sanitizer_start_switch_fiber(fake, bottom, len) ((void)(fake), (void)(bottom), (void)(len))
#define __sanitizer_finish_switch_fiber(fake, bottom, len) ((void)(fake), (void)(bottom), (void)(len))
#define ASAN_UNPOISON_MEMORY_REGION(at, len) ((void)(at), (void)(len))
#endif

/* ---- Boost.Context ---- */
struct transfer {
    void *context; /* of whoever switched here */
    void *data;
};
extern struct transfer jump_fcontext(void *to, void *data);
extern void *make_fcontext(void *stack_top, size_t stack_len, void (*entry)(struct transfer));

struct mocket_fiber {
    struct mocket_fibers *pool;
    struct mocket_fiber *next; /* idle */
    void (*fn)(void *arg);
    void *arg;
    void *context; /* while it does not run */
    void *back;    /* while it runs: of the resumer */
    char *mapping;
    size_t mapping_len, guard_len;
    bool done;
    /* of the sanitizers: */
    void *thread, *back_thread;
    void *fake_stack;
    const void *back_bottom;
    size_t back_len;
};

static size_t stack_len(const struct mocket_fiber *f)
{
    return (size_t)((const char *)f - f->mapping) - f->guard_len;
}

static void leave(struct mocket_fiber *f)
{
    __sanitizer_start_switch_fiber(&f->fake_stack, f->back_bottom, f->back_len);
    __tsan_switch_to_fiber(f->back_thread, 0);
    struct transfer t = jump_fcontext(f->back, f);
    __sanitizer_finish_switch_fiber(f->fake_stack, &f->back_bottom, &f->back_len);
    f->back = t.context;
}

static void entry(struct transfer t)
{
    struct mocket_fiber *f = t.data;
    __sanitizer_finish_switch_fiber(NULL, &f->back_bottom, &f->back_len);
    f->back = t.context;
    for (;;) {
        f->fn(f->arg);
        f->done = true;
        leave(f);
    }
}

static struct mocket_fiber *map(struct mocket_fibers *pool)
{
    size_t guard_len = (size_t)sysconf(_SC_PAGESIZE);
    size_t len = MOCKET_FIBER_STACK + guard_len;
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE;
    char *mapping = mmap(NULL, len, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (mapping == MAP_FAILED)
        return NULL;
    if (mprotect(mapping, guard_len, PROT_NONE) < 0) {
        munmap(mapping, len);
        return NULL;
    }
    uintptr_t top = ((uintptr_t)mapping + len - sizeof(struct mocket_fiber)) & ~(uintptr_t)63;
    struct mocket_fiber *f = (struct mocket_fiber *)top; /* fresh pages are zero */
    f->pool = pool;
    f->mapping = mapping;
    f->mapping_len = len;
    f->guard_len = guard_len;
    f->thread = __tsan_create_fiber(0);
    f->context = make_fcontext(f, stack_len(f), entry);
    return f;
}

static void unmap(struct mocket_fiber *f)
{
    char *mapping = f->mapping;
    size_t len = f->mapping_len, guard_len = f->guard_len;
    __tsan_destroy_fiber(f->thread);
    ASAN_UNPOISON_MEMORY_REGION(mapping + guard_len, len - guard_len);
    munmap(mapping, len);
}

static struct mocket_fiber *take_idle(struct mocket_fibers *pool)
{
    struct mocket_fiber *f = pool->idle;
    if (!f)
        return NULL;
    pool->idle = f->next;
    pool->idle_count--;
    if (pool->idle_count < pool->least_idle)
        pool->least_idle = pool->idle_count;
    return f;
}

static void unmap_all(struct mocket_fiber *f)
{
    struct mocket_fiber *next;
    for (; f; f = next) {
        next = f->next;
        unmap(f);
    }
}

/* Those that were never taken since the last look were kept for nothing; they are the last of the list. Half of them
 * go: a thousand handlers that wait in waves need theirs again, a burst that is over does not. */
static void look(struct mocket_fibers *pool)
{
    size_t keep = pool->idle_count - pool->least_idle / 2;
    struct mocket_fiber *last = pool->idle;
    if (keep < MOCKET_FIBERS_IDLE_LEAST)
        keep = MOCKET_FIBERS_IDLE_LEAST;
    if (keep < pool->idle_count) {
        for (size_t i = 1; i < keep; i++)
            last = last->next;
        unmap_all(last->next);
        last->next = NULL;
        pool->idle_count = keep;
    }
    pool->least_idle = pool->idle_count;
    pool->returned = 0;
}

static void put_back(struct mocket_fiber *f)
{
    struct mocket_fibers *pool = f->pool;
    if (pool->spare_is_out) {
        pool->spare = f;
        pool->spare_is_out = false;
        return;
    }
    if (pool->idle_count >= MOCKET_FIBERS_IDLE_MAX) {
        unmap(f);
        return;
    }
    f->next = pool->idle;
    pool->idle = f;
    pool->idle_count++;
    MOCKET_CHECK(pool->least_idle < pool->idle_count);
    if (++pool->returned >= MOCKET_FIBERS_LOOK)
        look(pool);
}

void mocket__fibers_release(struct mocket_fibers *pool)
{
    unmap_all(pool->idle);
    if (pool->spare)
        unmap(pool->spare);
    *pool = (struct mocket_fibers){ 0 };
}

static struct mocket_fiber *begin(struct mocket_fiber *f, void (*fn)(void *arg), void *arg)
{
    if (f) {
        f->fn = fn;
        f->arg = arg;
        f->done = false;
    }
    return f;
}

struct mocket_fiber *mocket__fiber_new(struct mocket_fibers *pool, void (*fn)(void *arg), void *arg)
{
    struct mocket_fiber *f = take_idle(pool);
    return begin(f ? f : map(pool), fn, arg);
}

bool mocket__fibers_reserve(struct mocket_fibers *pool)
{
    pool->spare = map(pool);
    return pool->spare;
}

struct mocket_fiber *mocket__fiber_must(struct mocket_fibers *pool, void (*fn)(void *arg), void *arg)
{
    struct mocket_fiber *f = mocket__fiber_new(pool, fn, arg);
    if (f || !pool->spare)
        return f;
    f = pool->spare;
    pool->spare = NULL;
    pool->spare_is_out = true;
    return begin(f, fn, arg);
}

bool mocket__fiber_resume(struct mocket_fiber *f)
{
    void *fake_stack = NULL;
    sigset_t signals;
    MOCKET_CHECK(!f->done); /* it went back to its pool */
    block_signals(&signals);
    __sanitizer_start_switch_fiber(&fake_stack, f->mapping + f->guard_len, stack_len(f));
    f->back_thread = __tsan_get_current_fiber();
    __tsan_switch_to_fiber(f->thread, 0);
    struct transfer t = jump_fcontext(f->context, f);
    __sanitizer_finish_switch_fiber(fake_stack, NULL, NULL);
    unblock_signals(&signals);
    f->context = t.context;
    if (!f->done)
        return true;
    put_back(f);
    return false;
}

void mocket__fiber_park(struct mocket_fiber *f)
{
    leave(f);
}
