/* Most bytes of a module are no indices. They are copied in long pieces: from the end of the last index that changed to
 * the beginning of the next.
 *
 * What must stay true: an index is looked up only after it was compared with the members that its module has, so that a
 * module can never name a member of the other one. */
#include "rewrite.h"

#include "write.h"

void mocket__wasm_rewrite_begin(struct mocket_wasm_rewrite *rw, const struct mocket_wasm_map *map,
                                struct mocket_wasm_bytes in, struct mocket_buf *out)
{
    *rw = (struct mocket_wasm_rewrite){ .map = map, .in = in, .out = out, .copied = in.at };
}

static void copy_to(struct mocket_wasm_rewrite *rw, const unsigned char *end)
{
    if (end > rw->copied)
        mocket__buf_add(rw->out, rw->copied, (size_t)(end - rw->copied));
    rw->copied = end;
}

void mocket__wasm_rewrite_flush(struct mocket_wasm_rewrite *rw)
{
    copy_to(rw, rw->in.at);
}

static bool find(const struct mocket_wasm_map *map, const struct mocket_wasm_index *index, uint32_t *to)
{
    if (index->value >= map->from->count[index->space])
        return false;
    *to = index->space == MOCKET_WASM_FUNCTIONS  ? map->functions[index->value]
          : index->space == MOCKET_WASM_MEMORIES ? index->value
                                                 : map->base[index->space] + index->value;
    return *to != UINT32_MAX;
}

static void visit(void *data, const struct mocket_wasm_index *index)
{
    struct mocket_wasm_rewrite *rw = data;
    uint32_t to;
    if (!find(rw->map, index, &to)) {
        rw->stray = rw->in.bad = true;
        return;
    }
    if (to == index->value)
        return;
    copy_to(rw, index->from);
    if (index->is_signed)
        mocket__wasm_write_signed(rw->out, to);
    else
        mocket__wasm_write_number(rw->out, to);
    rw->copied = index->to;
}

static struct mocket_wasm_visitor visitor(struct mocket_wasm_rewrite *rw)
{
    return (struct mocket_wasm_visitor){ visit, rw };
}

void mocket__wasm_rewrite_index(struct mocket_wasm_rewrite *rw, enum mocket_wasm_space space)
{
    struct mocket_wasm_visitor v = visitor(rw);
    mocket__wasm_index(&rw->in, space, &v);
}

void mocket__wasm_rewrite_type(struct mocket_wasm_rewrite *rw)
{
    struct mocket_wasm_visitor v = visitor(rw);
    mocket__wasm_type(&rw->in, &v);
}

/* Calls a function instead of the instruction, which begins at from. */
static void call_instead(struct mocket_wasm_rewrite *rw, const unsigned char *from, uint32_t function)
{
    copy_to(rw, from);
    mocket__wasm_write_byte(rw->out, MOCKET_WASM_CALL);
    mocket__wasm_write_number(rw->out, function);
    rw->copied = rw->in.at;
}

static uint32_t rewrite_instruction(struct mocket_wasm_rewrite *rw)
{
    struct mocket_wasm_visitor v = visitor(rw);
    const unsigned char *from = rw->in.at;
    uint32_t op = mocket__wasm_instruction(&rw->in, &v);
    if (rw->in.bad)
        rw->unknown_op = rw->stray ? 0 : op;
    else if (op == MOCKET_WASM_MEMORY_SIZE && rw->map->has_own_memory)
        call_instead(rw, from, rw->map->memory_size);
    else if (op == MOCKET_WASM_MEMORY_GROW && rw->map->has_own_memory)
        call_instead(rw, from, rw->map->memory_grow);
    return op;
}

void mocket__wasm_rewrite_expression(struct mocket_wasm_rewrite *rw)
{
    uint32_t op = 0;
    while (!rw->in.bad && op != MOCKET_WASM_END)
        op = rewrite_instruction(rw);
}

void mocket__wasm_rewrite_body(struct mocket_wasm_rewrite *rw)
{
    struct mocket_wasm_visitor v = visitor(rw);
    mocket__wasm_locals(&rw->in, &v);
    while (!rw->in.bad && rw->in.at < rw->in.end)
        rewrite_instruction(rw);
    mocket__wasm_rewrite_flush(rw);
}
