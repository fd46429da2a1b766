/* A bump allocator over a list of chunks. The chunks behind the one in use were kept by a reset; they hold nothing.
 *
 * A piece larger than the largest chunk gets its own chunk, which the next reset frees. Under AddressSanitizer there is
 * a gap behind each piece, and memory that is not in use is poisoned, so that access beyond the end of a piece is
 * detected. */
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
    chunk_len = chunk_len ? chunk_len : MOCKET_ARENA_CHUNK;
    *a = (struct mocket_arena){ .chunk_len = chunk_len, .first_len = chunk_len };
}

/* Frees the chunks behind *link that are not to be kept; the others are empty from now on. total: bytes of the chunks
 * before them. */
static void trim(struct mocket_arena *a, struct mocket_arena_chunk **link, size_t total)
{
    struct mocket_arena_chunk *c;
    while ((c = *link)) {
        if (c->len > a->chunk_len || total + c->len > 2 * a->chunk_len) {
            *link = c->next;
            c->next = NULL;
            free_chunks(a, c);
        } else {
            total += c->len;
            poison(chunk_bytes(c), c->len);
            link = &c->next;
        }
    }
}

/* Bytes of the list's chunks up to c, of all if c is NULL. */
static size_t bytes_until(const struct mocket_arena *a, const struct mocket_arena_chunk *c)
{
    size_t total = 0;
    for (const struct mocket_arena_chunk *each = a->first; each; each = each->next) {
        total += each->len;
        if (each == c)
            break;
    }
    return total;
}

void mocket__arena_reset(struct mocket_arena *a)
{
    a->failed = false;
    if (!a->first)
        return;
    if (a->first->next || a->first->len > a->chunk_len)
        trim(a, &a->first, 0);
    if (a->first)
        use_chunk(a, a->first);
    else
        mocket__arena_release(a);
    MOCKET_CHECK_CALL(mocket__arena_check(a));
}

void mocket__arena_release(struct mocket_arena *a)
{
    free_chunks(a, a->first);
    *a =
        (struct mocket_arena){ .chunk_len = a->chunk_len, .first_len = a->first_len, .till = a->till, .part = a->part };
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
    trim(a, &mark->chunk->next, bytes_until(a, mark->chunk));
    a->chunk = mark->chunk;
    a->next = mark->next;
    a->end = chunk_bytes(mark->chunk) + mark->chunk->len;
    poison(a->next, (size_t)(a->end - a->next));
    MOCKET_CHECK_CALL(mocket__arena_check(a));
}

/* What a new chunk has for pieces, if none needs more. */
static size_t usual_len(const struct mocket_arena *a)
{
    size_t want = a->first ? bytes_until(a, NULL) + HEAD : a->first_len;
    if (want > a->chunk_len)
        want = a->chunk_len;
    return want > HEAD ? want - HEAD : ALIGN;
}

static bool add_chunk(struct mocket_arena *a, size_t len)
{
    size_t usual = usual_len(a), want = len > usual ? len : usual;
    if (want > SIZE_MAX - HEAD || !mocket__till_take(a->till, a->part, HEAD + want))
        return false;
    struct mocket_arena_chunk *c = mocket__realloc(NULL, HEAD + want);
    if (!c) {
        mocket__till_give(a->till, a->part, HEAD + want);
        return false;
    }
    struct mocket_arena_chunk **link = a->chunk ? &a->chunk->next : &a->first;
    *c = (struct mocket_arena_chunk){ .next = *link, .len = want, .part = a->part };
    *link = c;
    use_chunk(a, c);
    return true;
}

/* Makes room for a piece, in a chunk that was kept or in a new one. */
static bool next_chunk(struct mocket_arena *a, size_t len)
{
    struct mocket_arena_chunk *kept = a->chunk ? a->chunk->next : NULL;
    if (!kept || kept->len < len)
        return add_chunk(a, len);
    if (kept->part != a->part) {
        mocket__till_owe(a->till, a->part, HEAD + kept->len);
        mocket__till_give(a->till, kept->part, HEAD + kept->len);
        kept->part = a->part;
    }
    use_chunk(a, kept);
    return true;
}

/* Cuts a piece off the chunk in use, which has room for it. */
static void *cut(struct mocket_arena *a, size_t len, size_t room)
{
    void *ptr = a->next;
    a->next += room;
    MOCKET_CHECK(a->next <= a->end);
    unpoison(ptr, len);
    return ptr;
}

/* The chunk in use has no room for the piece. room < len: the sum overflowed. */
MOCKET_COLD static void *cut_from_next(struct mocket_arena *a, size_t len, size_t room)
{
    if (room < len || !next_chunk(a, room)) {
        a->failed = true;
        return NULL;
    }
    return cut(a, len, room);
}

void *mocket__arena_alloc(struct mocket_arena *a, size_t len)
{
    size_t room = (len + GAP + ALIGN - 1) / ALIGN * ALIGN;
    bool fits = a->chunk && room >= len && room <= (size_t)(a->end - a->next);
    return fits ? cut(a, len, room) : cut_from_next(a, len, room);
}

void *mocket__arena_zero(struct mocket_arena *a, size_t len)
{
    void *ptr = mocket__arena_alloc(a, len);
    if (ptr && len)
        memset(ptr, 0, len);
    return ptr;
}

void *mocket__arena_grow(struct mocket_arena *a, const void *rows, size_t *cap, size_t first, size_t each)
{
    size_t used = *cap, larger = used ? used * 2 : first, len;
    if (larger < used || __builtin_mul_overflow(larger, each, &len)) {
        a->failed = true;
        return NULL;
    }
    void *grown = mocket__arena_alloc(a, len);
    if (!grown)
        return NULL;
    if (used)
        memcpy(grown, rows, used * each);
    *cap = larger;
    return grown;
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
    const struct mocket_arena_chunk *c = a->first;
    assert(!a->first == !a->chunk);
    while (c && c != a->chunk)
        c = c->next;
    assert(c == a->chunk);
    if (!c)
        return;
    const char *bytes = (const char *)c + HEAD;
    assert(a->end == bytes + c->len && a->next >= bytes && a->next <= a->end);
}
