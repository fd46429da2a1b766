/* Loads for the allocator that the guest library brings (src/backend/guest/malloc.c). tests/guest/run builds this file
 * twice: with that allocator, and with wasi-libc's (`-lc`), whose memory is the measure. */
#include <errno.h>
#include <malloc.h>
#include <mocket.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE 65536

static uint32_t seed;

static uint32_t any(uint32_t below)
{
    seed = seed * 1664525u + 1013904223u;
    return (uint32_t)(((uint64_t)(seed >> 4) * below) >> 28);
}

/* Small ones are more frequent: as many from 8 to 16 bytes as from 4 to 8 KB. */
static size_t any_len(unsigned doublings)
{
    size_t from = (size_t)8 << any(doublings);
    return from + any((uint32_t)from);
}

struct piece {
    unsigned char *at;
    size_t len;
};

static bool fill(struct piece *p, size_t len)
{
    p->at = malloc(len);
    p->len = len;
    if (p->at)
        memset(p->at, (int)(len & 0xff), len);
    return p->at;
}

static bool holds(const struct piece *p)
{
    return p->at[0] == (p->len & 0xff) && p->at[p->len - 1] == (p->len & 0xff);
}

static bool replace(struct piece *p, size_t len)
{
    if (p->at && !holds(p))
        return false;
    free(p->at);
    return fill(p, len);
}

static void drop(struct piece *pieces, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(pieces[i].at);
        pieces[i] = (struct piece){ 0 };
    }
}

/* ---- loads: false when bytes were lost or memory is full ---- */

static struct piece pieces[20000];

/* Objects that live for a time of their own: a cache. */
static bool load_mixed(unsigned rounds)
{
    bool ok = true;
    for (unsigned i = 0; ok && i < rounds; i++)
        ok = replace(&pieces[any(5000)], any_len(10));
    drop(pieces, 5000);
    return ok;
}

/* Small objects, as an interpreter has them. */
static bool load_small(unsigned rounds)
{
    bool ok = true;
    for (unsigned i = 0; ok && i < rounds; i++)
        ok = replace(&pieces[any(20000)], 1 + any(120));
    drop(pieces, 20000);
    return ok;
}

/* Requests: some objects that end together in any order, and now and then one that stays. */
static bool load_requests(unsigned rounds)
{
    enum { EACH = 30, STAY = 4000 };
    bool ok = true;
    for (unsigned i = 0; ok && i < rounds / EACH; i++) {
        struct piece *request = pieces + STAY;
        for (unsigned j = 0; ok && j < EACH; j++)
            ok = fill(&request[j], any_len(9));
        ok = ok && replace(&pieces[any(STAY)], any_len(7));
        for (unsigned j = 0; j < EACH; j++) {
            unsigned other = any(EACH);
            struct piece swapped = request[j];
            request[j] = request[other];
            request[other] = swapped;
        }
        drop(request, EACH);
    }
    drop(pieces, STAY);
    return ok;
}

/* Buffers that double while others are in use, up to 256 KB. */
static bool load_buffers(unsigned rounds)
{
    enum { BUFFERS = 16 };
    bool ok = true;
    for (unsigned i = 0; ok && i < rounds / 64; i++) {
        struct piece *p = &pieces[any(BUFFERS)];
        size_t len = p->len ? p->len * 2 : 256;
        if (len > 262144 || (p->at && any(8) == 0)) {
            ok = holds(p);
            drop(p, 1);
            continue;
        }
        ok = !p->at || holds(p);
        unsigned char *grown = realloc(p->at, len);
        if (!grown)
            return false;
        *p = (struct piece){ grown, len };
        memset(grown, (int)(len & 0xff), len);
    }
    drop(pieces, BUFFERS);
    return ok;
}

/* Each phase keeps a part of its objects, and the next one has another size. */
static bool load_phases(unsigned rounds)
{
    bool ok = true;
    for (unsigned phase = 0; ok && phase < 10; phase++) {
        size_t len = (size_t)24 << phase % 5;
        for (unsigned i = 0; ok && i < rounds / 100; i++)
            ok = replace(&pieces[any(4000)], len + any(16));
        for (unsigned i = 0; i < 4000; i++)
            if (i % 4 != phase % 4)
                drop(&pieces[i], 1);
    }
    drop(pieces, 4000);
    return ok;
}

static const struct {
    const char *name;
    bool (*run)(unsigned rounds);
} loads[] = {
    { "mixed", load_mixed },     { "small", load_small },   { "requests", load_requests },
    { "buffers", load_buffers }, { "phases", load_phases },
};

/* GET /load/:name?rounds=N: pages of memory, nanoseconds */
static int load(mocket_event *e)
{
    const char *rounds = mocket_query(e, "rounds");
    for (size_t i = 0; i < sizeof loads / sizeof *loads; i++) {
        if (strcmp(loads[i].name, mocket_param(e, "name")) != 0)
            continue;
        seed = 1;
        uint64_t start = mocket_now_ns(e);
        bool ok = loads[i].run(rounds ? (unsigned)atoi(rounds) : 100000);
        uint64_t took = mocket_now_ns(e) - start;
        return ok ? mocket_textf(e, "%zu %llu\n", __builtin_wasm_memory_size(0), (unsigned long long)took) : 500;
    }
    return 404;
}

/* ---- the C library ---- */

static const char *check_lengths(void)
{
    char *zero = calloc(1000, 7), *text = strdup("a text"), *part = strndup("a text", 3), *made = NULL;
    void *aligned = aligned_alloc(4096, 100), *other = NULL;
    int len = asprintf(&made, "%s and %d", text, 42);
    if (!zero || zero[0] || memcmp(zero, zero + 1, 6999) != 0)
        return "calloc";
    if (strcmp(text, "a text") != 0 || strcmp(part, "a t") != 0)
        return "strdup";
    if (len != 13 || strcmp(made, "a text and 42") != 0)
        return "asprintf";
    if (!aligned || (uintptr_t)aligned % 4096 != 0 || malloc_usable_size(aligned) < 100)
        return "aligned_alloc";
    if (posix_memalign(&other, 256, 1) != 0 || (uintptr_t)other % 256 != 0)
        return "posix_memalign";
    if (posix_memalign(&other, 24, 1) != EINVAL)
        return "posix_memalign of no power of two";
    free(aligned), free(other), free(made), free(part), free(text), free(zero);
    return malloc_usable_size(NULL) == 0 ? NULL : "malloc_usable_size of NULL";
}

static const char *check_failures(void)
{
    const size_t much = SIZE_MAX / 2;
    void *none;
    errno = 0;
    if ((none = malloc(much)) != NULL || errno != ENOMEM)
        return "malloc of too much";
    errno = 0;
    if ((none = calloc(much, 4)) != NULL || errno != ENOMEM)
        return "calloc with an overflow";
    char *kept = malloc(10);
    strcpy(kept, "kept");
    if ((none = realloc(kept, much)) != NULL || strcmp(kept, "kept") != 0)
        return "realloc to too much";
    free(kept);
    return NULL;
}

/* memory.grow by other code */
static const char *check_torn(void)
{
    size_t before = __builtin_wasm_memory_size(0);
    char *own = (char *)(__builtin_wasm_memory_grow(0, 1) * PAGE);
    memset(own, 'o', PAGE);
    for (int i = 0; i < 100; i++) {
        char *piece = malloc(40000);
        if (!piece || (piece < own + PAGE && piece + 40000 > own))
            return "malloc in memory of others";
        memset(piece, 'm', 40000);
    }
    for (int i = 0; i < PAGE; i++)
        if (own[i] != 'o')
            return "memory of others was written";
    return __builtin_wasm_memory_size(0) > before + 1 ? NULL : "memory did not grow";
}

static int library(mocket_event *e)
{
    const char *(*const checks[])(void) = { check_lengths, check_failures, check_torn };
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        const char *wrong = checks[i]();
        if (wrong)
            return mocket_textf(e, "%s\n", wrong);
    }
    return mocket_text(e, "all well\n");
}

static int free_twice(mocket_event *e)
{
    char *piece = malloc(100);
    free(piece);
    free(piece);
    return mocket_text(e, "freed twice\n");
}

int main(void)
{
    mocket_app *app = mocket_new();
    mocket_get(app, "/load/:name", load);
    mocket_get(app, "/library", library);
    mocket_get(app, "/free-twice", free_twice);
    return mocket_listen(app, ":0");
}
