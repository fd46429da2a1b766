/* Header lines of both kinds, and a list of networks. What is believed does not depend on how the same elements are
 * spread over lines, an address is never one that is trusted when another could be read left of it, and its text reads
 * back as the same address. */
#include "../../src/http/forwarded.h"
#include "fuzz.h"

static void check(const struct mocket_forwarded *f)
{
    char text[MOCKET_ADDRESS_TEXT];
    struct mocket_address again;
    FUZZ_HOLDS(!(f->conflict && f->has_address));
    if (!f->has_address)
        return;
    FUZZ_HOLDS(mocket__address_parse(&again, mocket__address_text(&f->address, text)));
    FUZZ_HOLDS(memcmp(&again, &f->address, sizeof(again)) == 0);
}

static bool same(const struct mocket_forwarded *a, const struct mocket_forwarded *b)
{
    return a->has_address == b->has_address && a->conflict == b->conflict &&
           memcmp(&a->address, &b->address, sizeof(a->address)) == 0;
}

/* The first line is a list of networks, the second one Forwarded, the others are X-Forwarded-For. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mocket_arena arena;
    struct mocket_networks trusted = { 0 };
    struct mocket_fields fields = { 0 };
    mocket__arena_init(&arena, 0);
    mocket_span all = fuzz_input(data, size), joined = { 0 };
    char *alone = fuzz_copy(all);
    all.ptr = alone;
    for (size_t at = 0, line = 0; at < all.len; line++) {
        size_t end = mocket__span_find(all, '\n', at);
        mocket_span text = mocket__span_slice(all, at, end);
        if (line == 0)
            mocket__networks_add(&trusted, &arena, text);
        else if (line == 1)
            mocket__fields_add(&fields, &arena, MOCKET_SPAN("forwarded"), text);
        else
            mocket__fields_add(&fields, &arena, MOCKET_SPAN("x-forwarded-for"), text);
        at = end + 1;
    }
    struct mocket_forwarded f = mocket__forwarded(&fields, &trusted);
    check(&f);
    joined = mocket__fields_join(&fields, &arena, MOCKET_SPAN("x-forwarded-for"));
    mocket__fields_remove(&fields, MOCKET_SPAN("x-forwarded-for"));
    if (joined.ptr)
        mocket__fields_add(&fields, &arena, MOCKET_SPAN("x-forwarded-for"), joined);
    struct mocket_forwarded once = mocket__forwarded(&fields, &trusted);
    check(&once);
    FUZZ_HOLDS(same(&f, &once));
    mocket__arena_release(&arena);
    free(alone);
    return 0;
}
