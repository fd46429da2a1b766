/* What every unit test uses: cmocka, and three ways to be mean to a decoder.
 *
 *     unit_guarded(span)                 the same bytes, ending at a page that must not be touched
 *     unit_each_allocation_fails(run, x) runs it again and again; in the n-th run the n-th allocation fails
 *     unit_each_split(whole, run, x)     feeds the same bytes in all kinds of pieces
 *
 * All of it is static inline: a test is one program of one file. */
#ifndef MOCKET_TESTS_UNIT_H
#define MOCKET_TESTS_UNIT_H

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "src/base/arena.h"
#include "src/base/memory.h"
#include "src/base/span.h"

#define UNIT_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A table's text, which may hold NUL bytes: UNIT_ROW("a\0b"). */
#define UNIT_ROW(literal) { literal "", sizeof(literal) - 1 }

/* Descriptors of this process, the one of the look included. */
static inline size_t unit_open_files(void)
{
    size_t count = 0;
    DIR *folder = opendir("/proc/self/fd");
    assert_non_null(folder);
    while (readdir(folder))
        count++;
    closedir(folder);
    return count;
}

/* The next number of 24 bits from a seed: the same seed gives the same numbers. */
static inline uint32_t unit_random(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

/* Are all bytes the same as this one? */
static inline bool unit_holds(const unsigned char *at, size_t len, unsigned char byte)
{
    for (size_t i = 0; i < len; i++)
        if (at[i] != byte)
            return false;
    return true;
}

/* ---- Spans ----------------------------------------------------------------------------------------------------- */

/* Says what differs, with the row of the table it came from. */
static inline void unit_same(mocket_span got, mocket_span want, size_t row)
{
    if (mocket__span_eq(got, want))
        return;
    print_error("row %zu: got \"%.*s\" (%zu bytes), want \"%.*s\" (%zu bytes)\n", row, (int)got.len,
                got.ptr ? got.ptr : "", got.len, (int)want.len, want.ptr ? want.ptr : "", want.len);
    fail();
}

/* The body of a reply that must be there, or absent. */
static inline mocket_span unit_body(mocket_reply *r)
{
    mocket_span body;
    int rc = mocket_reply_body(r, &body);
    assert_true(rc == (r ? 0 : MOCKET_EINVAL));
    return body;
}

static inline void unit_equal(long long got, long long want, size_t row)
{
    if (got == want)
        return;
    print_error("row %zu: got %lld, want %lld\n", row, got, want);
    fail();
}

/* ---- Guard pages ----------------------------------------------------------------------------------------------- */

struct unit_guard {
    char *pages;
    size_t len;
    mocket_span span;
};

static inline struct unit_guard unit_guarded(mocket_span s)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t used = (s.len + page - 1) / page * page;
    struct unit_guard g = { .len = used + page };
    g.pages = mmap(NULL, g.len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(g.pages != MAP_FAILED);
    assert_int_equal(mprotect(g.pages + used, page, PROT_NONE), 0);
    char *at = g.pages + used - s.len;
    if (s.len)
        memcpy(at, s.ptr, s.len);
    g.span = (mocket_span){ at, s.len };
    return g;
}

static inline void unit_unguard(struct unit_guard *g)
{
    munmap(g->pages, g->len);
}

/* ---- Allocations that fail ------------------------------------------------------------------------------------- */

static size_t unit_allocations; /* since the run began */
static size_t unit_failing;     /* the one that fails, counted from 1; 0: none */

static inline void *unit_allocate(void *ptr, size_t len)
{
    return ++unit_allocations == unit_failing ? NULL : realloc(ptr, len);
}

/* run returns 0 or a MOCKET_E... code. While an allocation fails it must return MOCKET_ENOMEM; the first run in
 * which none is left to fail must return 0. Leaks are the sanitizer's business. Returns how many allocations there
 * were to fail. */
static inline size_t unit_each_allocation_fails(int (*run)(void *context), void *context)
{
    mocket__memory_hook(unit_allocate);
    for (unit_failing = 1;; unit_failing++) {
        unit_allocations = 0;
        int rc = run(context);
        if (unit_allocations < unit_failing) {
            mocket__memory_hook(NULL);
            assert_int_equal(rc, 0);
            return unit_failing - 1;
        }
        if (rc != MOCKET_ENOMEM) {
            mocket__memory_hook(NULL);
            print_error("allocation %zu failed, and the result was %d\n", unit_failing, rc);
            fail();
        }
    }
}

/* An arena whose every piece asks the heap, so that each of them can fail. */
static inline void unit_arena(struct mocket_arena *a)
{
    mocket__arena_init(a, 16);
}

/* ---- Pieces ---------------------------------------------------------------------------------------------------- */

/* The pieces lie one behind the other in the same memory, and their sum is the whole. */
typedef void unit_pieces(void *context, const mocket_span *pieces, size_t count);

enum { UNIT_PAIRS_MAX = 256 };

/* The whole; each split in two; each split in three when it is short; byte by byte. */
static inline void unit_each_split(mocket_span whole, unit_pieces *run, void *context)
{
    mocket_span *bytes = calloc(whole.len + 1, sizeof *bytes);
    assert_non_null(bytes);
    run(context, &whole, 1);
    for (size_t i = 0; i <= whole.len; i++) {
        mocket_span two[] = { mocket__span_slice(whole, 0, i), mocket__span_slice(whole, i, whole.len) };
        run(context, two, 2);
        if (i < whole.len)
            bytes[i] = mocket__span_slice(whole, i, i + 1);
        for (size_t k = i; whole.len <= UNIT_PAIRS_MAX && k <= whole.len; k++) {
            mocket_span three[] = { two[0], mocket__span_slice(whole, i, k), mocket__span_slice(whole, k, whole.len) };
            run(context, three, 3);
        }
    }
    run(context, bytes, whole.len);
    free(bytes);
}

#endif
