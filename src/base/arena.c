/* A bump allocator over a list of chunks.
 *
 * A reset keeps the first chunk, so that a used arena serves an ordinary request without an allocation. A piece larger
 * than a chunk gets its own chunk, which the next reset frees. Under AddressSanitizer there is a gap behind each piece,
 * and memory that is not in use is poisoned, so that access beyond the end of a piece is detected. */
#include "arena.h"

#include <assert.h>

#include "check.h"
#include "memory.h"
#include "span.h"

#if defined(__SANITIZE_ADDRESS__)
#define MOCKET_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MOCKET_ASAN 1
#endif
#endif

#ifdef MOCKET_ASAN
#include <sanitizer/asan_interface.h>
#define GAP 16
#define poison(ptr, len) ASAN_POISON_MEMORY_REGION(ptr, len)
#define unpoison(ptr, len) ASAN_UNPOISON_MEMORY_REGION(ptr, len)
#else
#define GAP 0
#define poison(ptr, len) ((void)(ptr), (void)(len))
#define unpoison(ptr, len) ((void)(ptr), (void)(len))
#endif

#define ALIGN 16

struct mocket_arena_chunk {
    struct mocket_arena_chunk *next;
    size_t len;              /* of the bytes behind this head */
    enum mocket_charge part; /* it was charged as */
};

#define HEAD ((sizeof(struct mocket_arena_chunk) + ALIGN - 1) / ALIGN * ALIGN)

static char *chunk_bytes(struct mocket_arena_chunk *c)
{
    return (char *)c + HEAD;
}

static void use_chunk(struct mocket_arena *a, struct mocket_arena_chunk *c)
{
    a->chunk = c;
    a->next = chunk_bytes(c);
    a->end = a->next + c->len;
    poison(a->next, c->len);
}

static void free_chunks(const struct mocket_arena *a, struct mocket_arena_chunk *c)
{
    while (c) {
        struct mocket_arena_chunk *next = c->next;
        unpoison(chunk_bytes(c), c->len);
        mocket__till_give(a->till, c->part, HEAD + c->len);
        mocket__free(c);
        c = next;
    }
}

void mocket__arena_init(struct mocket_arena *a, size_t chunk_len)
{
    *a = (struct mocket_arena){ .chunk_len = chunk_len ? chunk_len : MOCKET_ARENA_CHUNK };
}

void mocket__arena_reset(struct mocket_arena *a)
{
    a->failed = false;
    if (!a->first)
        return;
    if (a->first->len > a->chunk_len) { /* made for one large piece: not to be kept */
        mocket__arena_release(a);
        return;
    }
    free_chunks(a, a->first->next);
    a->first->next = NULL;
    use_chunk(a, a->first);
    MOCKET_CHECK_CALL(mocket__arena_check(a));
}

void mocket__arena_release(struct mocket_arena *a)
{
    free_chunks(a, a->first);
    *a = (struct mocket_arena){ .chunk_len = a->chunk_len, .till = a->till, .part = a->part };
}

struct mocket_arena_mark mocket__arena_mark(const struct mocket_arena *a)
{
    return (struct mocket_arena_mark){ a->chunk, a->next };
}

void mocket__arena_rewind(struct mocket_arena *a, const struct mocket_arena_mark *mark)
{
    a->failed = false;
    if (!mark->chunk) {
        mocket__arena_reset(a);
        return;
    }
    free_chunks(a, mark->chunk->next);
    mark->chunk->next = NULL;
    a->chunk = mark->chunk;
    a->next = mark->next;
    a->end = chunk_bytes(mark->chunk) + mark->chunk->len;
    poison(a->next, (size_t)(a->end - a->next));
    MOCKET_CHECK_CALL(mocket__arena_check(a));
}

static bool add_chunk(struct mocket_arena *a, size_t len)
{
    size_t usual = a->chunk_len > HEAD ? a->chunk_len - HEAD : ALIGN;
    size_t want = len > usual ? len : usual;
    if (want > SIZE_MAX - HEAD || !mocket__till_take(a->till, a->part, HEAD + want))
        return false;
    struct mocket_arena_chunk *c = mocket__realloc(NULL, HEAD + want);
    if (!c) {
        mocket__till_give(a->till, a->part, HEAD + want);
        return false;
    }
    *c = (struct mocket_arena_chunk){ .len = want, .part = a->part };
    if (a->chunk)
        a->chunk->next = c;
    else
        a->first = c;
    use_chunk(a, c);
    return true;
}

void *mocket__arena_alloc(struct mocket_arena *a, size_t len)
{
    size_t room = len + GAP;
    room = (room + ALIGN - 1) / ALIGN * ALIGN;
    if (room < len) { /* overflow */
        a->failed = true;
        return NULL;
    }
    if (!a->chunk || (size_t)(a->end - a->next) < room) {
        if (!add_chunk(a, room)) {
            a->failed = true;
            return NULL;
        }
    }
    void *ptr = a->next;
    a->next += room;
    MOCKET_CHECK(a->next <= a->end && !a->chunk->next);
    unpoison(ptr, len);
    return ptr;
}

void *mocket__arena_zero(struct mocket_arena *a, size_t len)
{
    void *ptr = mocket__arena_alloc(a, len);
    if (ptr && len)
        memset(ptr, 0, len);
    return ptr;
}

mocket_span mocket__arena_copy(struct mocket_arena *a, mocket_span s)
{
    char *copy = s.ptr && s.len < SIZE_MAX ? mocket__arena_alloc(a, s.len + 1) : NULL;
    if (!copy)
        return (mocket_span){ NULL, 0 };
    if (s.len)
        memcpy(copy, s.ptr, s.len);
    copy[s.len] = '\0';
    return (mocket_span){ copy, s.len };
}

const char *mocket__arena_text(struct mocket_arena *a, mocket_span s)
{
    const char *text = mocket__arena_copy(a, s.ptr ? s : MOCKET_SPAN("")).ptr;
    return text ? text : "";
}

void mocket__arena_check(const struct mocket_arena *a)
{
    const struct mocket_arena_chunk *last = a->first;
    while (last && last->next)
        last = last->next;
    assert(a->chunk == last);
    if (!last)
        return;
    const char *bytes = (const char *)last + HEAD;
    assert(a->end == bytes + last->len && a->next >= bytes && a->next <= a->end);
}
