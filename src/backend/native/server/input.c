/* Two sizes of pooled buffers, used last in, first out, and heap memory for the rare head above 64 KiB. */
#include "input.h"

#include <string.h>

#include "../../../base/memory.h"

#define SMALL_IDLE_MAX 256
#define LARGE_IDLE_MAX 32

static void *allocate(struct mocket_till *till, size_t len)
{
    if (!mocket__till_take(till, MOCKET_CHARGE_REQUESTS, len))
        return NULL;
    void *ptr = mocket__realloc(NULL, len + 1);
    if (ptr == NULL)
        mocket__till_give(till, MOCKET_CHARGE_REQUESTS, len);
    return ptr;
}

static void deallocate(struct mocket_till *till, void *ptr, size_t len)
{
    mocket__till_give(till, MOCKET_CHARGE_REQUESTS, len);
    mocket__free(ptr);
}

static void *take(struct mocket_till *till, struct mocket_input_free **list, size_t *count, size_t len)
{
    struct mocket_input_free *first = *list;
    if (first == NULL)
        return allocate(till, len);
    *list = first->next;
    (*count)--;
    return first;
}

static bool give(struct mocket_input_free **list, size_t *count, size_t most, void *ptr)
{
    if (*count >= most)
        return false;
    struct mocket_input_free *first = ptr;
    first->next = *list;
    *list = first;
    (*count)++;
    return true;
}

static size_t round_up(size_t len)
{
    return len <= MOCKET_INPUT_SMALL ? MOCKET_INPUT_SMALL : len <= MOCKET_INPUT_LARGE ? MOCKET_INPUT_LARGE : len;
}

/* cap is one that round_up gave. */
static char *buffer_new(struct mocket_input_pool *pool, size_t cap)
{
    if (cap == MOCKET_INPUT_SMALL)
        return take(pool->till, &pool->small, &pool->small_count, cap);
    if (cap == MOCKET_INPUT_LARGE)
        return take(pool->till, &pool->large, &pool->large_count, cap);
    return allocate(pool->till, cap);
}

void mocket__input_release(struct mocket_input *in, struct mocket_input_pool *pool)
{
    bool kept = false;
    if (in->cap == MOCKET_INPUT_SMALL)
        kept = give(&pool->small, &pool->small_count, SMALL_IDLE_MAX, in->ptr);
    else if (in->cap == MOCKET_INPUT_LARGE)
        kept = give(&pool->large, &pool->large_count, LARGE_IDLE_MAX, in->ptr);
    if (!kept)
        deallocate(pool->till, in->ptr, in->cap);
    *in = (struct mocket_input){ 0 };
}

bool mocket__input_copy(struct mocket_input *in, struct mocket_input_pool *pool, mocket_span bytes, size_t len)
{
    struct mocket_input fresh = { .cap = round_up(len < bytes.len ? bytes.len : len), .end = bytes.len };
    fresh.ptr = buffer_new(pool, fresh.cap);
    if (fresh.ptr == NULL)
        return false;
    if (bytes.len > 0)
        memcpy(fresh.ptr, bytes.ptr, bytes.len);
    *in = fresh;
    return true;
}

static bool grow(struct mocket_input *in, struct mocket_input_pool *pool)
{
    struct mocket_input old = *in;
    size_t len = old.cap < MOCKET_INPUT_LARGE ? MOCKET_INPUT_LARGE : old.cap * 2;
    if (!mocket__input_copy(in, pool, mocket__input_view(&old), len))
        return false;
    mocket__input_release(&old, pool);
    return true;
}

size_t mocket__input_room(struct mocket_input *in, struct mocket_input_pool *pool)
{
    if (in->ptr == NULL) {
        char *ptr = buffer_new(pool, MOCKET_INPUT_SMALL);
        if (ptr != NULL)
            *in = (struct mocket_input){ .ptr = ptr, .cap = MOCKET_INPUT_SMALL };
        return in->cap;
    }
    if (in->start > 0 && in->cap - in->end < in->cap / 4) {
        memmove(in->ptr, in->ptr + in->start, mocket__input_len(in));
        in->end -= in->start;
        in->start = 0;
    }
    if (in->end == in->cap && !grow(in, pool))
        return 0;
    return in->cap - in->end;
}

static void free_list(struct mocket_till *till, struct mocket_input_free *list, size_t len)
{
    struct mocket_input_free *next;
    for (; list != NULL; list = next) {
        next = list->next;
        deallocate(till, list, len);
    }
}

void mocket__input_pool_release(struct mocket_input_pool *pool)
{
    free_list(pool->till, pool->small, MOCKET_INPUT_SMALL);
    free_list(pool->till, pool->large, MOCKET_INPUT_LARGE);
    *pool = (struct mocket_input_pool){ .till = pool->till };
}
