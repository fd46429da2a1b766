/* The guests' allocator: any order of calls, while memory ends or others take some of it, keeps the bytes of each piece
 * and never reaches memory outside. */
#include "../../src/base/heap.h"
#include "fuzz.h"

enum { PAGE = 4096, PAGES = 64, PIECES = 24 };

/* A byte is a call: its kind and piece; a length follows. */
enum call { TAKE, TAKE_ALIGNED, RESIZE, GIVE, OTHERS_TAKE, CALLS };

static _Alignas(PAGE) unsigned char room[PAGES * PAGE];
static size_t taken; /* of room */
static unsigned char owner[PAGES];

enum { OURS = 1, OTHERS = 2 };

struct run {
    struct mocket_heap heap;
    const uint8_t *at, *end;
    unsigned char *pieces[PIECES];
    size_t lens[PIECES];
};

static char *take_pages(size_t count, unsigned char who)
{
    if (count > PAGES - taken)
        return NULL;
    char *first = (char *)room + taken * PAGE;
    memset(owner + taken, who, count);
    memset(first, 0xee, count * PAGE);
    taken += count;
    return first;
}

static char *more(struct mocket_heap *h, size_t *len)
{
    (void)h;
    FUZZ_HOLDS(*len > 0);
    if (*len > sizeof room)
        return NULL;
    size_t pages = (*len + PAGE - 1) / PAGE;
    *len = pages * PAGE;
    return take_pages(pages, OURS);
}

static size_t next_byte(struct run *r)
{
    return r->at < r->end ? *r->at++ : 0;
}

/* Up to 64 KB; some are far too long. */
static size_t next_len(struct run *r)
{
    size_t shape = next_byte(r), more_bits = next_byte(r);
    if (shape >= 250)
        return SIZE_MAX - (shape - 250) * 8192 - more_bits;
    return (more_bits << (shape % 9)) + shape / 9;
}

static void expect_bytes(const unsigned char *piece, size_t len, size_t i)
{
    FUZZ_HOLDS(len == 0 || (piece[0] == i + 1 && memcmp(piece, piece + 1, len - 1) == 0));
}

/* All of a piece belongs to the app: each byte of it is written. */
static void hold(struct run *r, size_t i, unsigned char *piece, size_t len)
{
    size_t usable = mocket__heap_room(piece), first = (size_t)(piece - room) / PAGE;
    FUZZ_HOLDS((uintptr_t)piece % MOCKET_HEAP_ALIGN == 0 && usable >= len);
    FUZZ_HOLDS(piece >= room && usable <= (size_t)(room + sizeof room - piece));
    for (size_t page = first; page <= ((size_t)(piece - room) + usable - 1) / PAGE; page++)
        FUZZ_HOLDS(owner[page] == OURS);
    r->pieces[i] = piece;
    r->lens[i] = usable;
    memset(piece, (int)i + 1, usable);
}

static void give(struct run *r, size_t i)
{
    if (r->pieces[i])
        expect_bytes(r->pieces[i], r->lens[i], i);
    mocket__heap_give(&r->heap, r->pieces[i]);
    r->pieces[i] = NULL;
}

static void take(struct run *r, size_t i, size_t align, size_t len)
{
    give(r, i);
    unsigned char *piece = align ? mocket__heap_take_aligned(&r->heap, align, len) : mocket__heap_take(&r->heap, len);
    if (!piece)
        return;
    FUZZ_HOLDS(!align || (uintptr_t)piece % align == 0);
    hold(r, i, piece, len);
}

static void resize(struct run *r, size_t i, size_t len)
{
    if (!r->pieces[i])
        return;
    unsigned char *piece = mocket__heap_resize(&r->heap, r->pieces[i], len);
    expect_bytes(piece ? piece : r->pieces[i], piece && len < r->lens[i] ? len : r->lens[i], i);
    if (piece)
        hold(r, i, piece, len);
}

static void step(struct run *r)
{
    size_t byte = next_byte(r), i = byte / CALLS % PIECES;
    switch ((enum call)(byte % CALLS)) {
    case TAKE:
        take(r, i, 0, next_len(r));
        break;
    case TAKE_ALIGNED:
        take(r, i, (size_t)1 << next_byte(r) % 32, next_len(r));
        break;
    case RESIZE:
        resize(r, i, next_len(r));
        break;
    case GIVE:
        give(r, i);
        break;
    default:
        take_pages(byte > 250 ? 1 : 0, OTHERS);
    }
    mocket__heap_check(&r->heap);
}

static void expect_others_kept(void)
{
    for (size_t page = 0; page < taken; page++) {
        const unsigned char *at = room + page * PAGE;
        FUZZ_HOLDS(owner[page] == OURS || (at[0] == 0xee && memcmp(at, at + 1, PAGE - 1) == 0));
    }
}

/* Everything was freed: a region is one chunk. */
static void expect_whole(struct run *r)
{
    size_t most = 0, run = 0;
    for (size_t page = 0; page < taken; page++) {
        run = owner[page] == OURS ? run + 1 : 0;
        most = run > most ? run : most;
    }
    size_t before = taken;
    if (most)
        FUZZ_HOLDS(mocket__heap_take(&r->heap, most * PAGE - MOCKET_HEAP_REGION) && taken == before);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct run r = { .heap = { .grow = more }, .at = data, .end = data + size };
    memset(owner, 0, sizeof owner);
    taken = 0;
    take_pages(PAGES - 1 - next_byte(&r) % (PAGES - 1), OTHERS); /* memory ends sooner or later */
    while (r.at < r.end)
        step(&r);
    for (size_t i = 0; i < PIECES; i++)
        give(&r, i);
    mocket__heap_check(&r.heap);
    expect_others_kept();
    expect_whole(&r);
    return 0;
}
