/* An instruction is a byte, or a prefix and a number; then what belongs to it, its immediates. Rows of the tables below
 * say which immediates follow. Most instructions have none, and neighbours mostly have the same, so a row holds for all
 * instructions up to the next row.
 *
 * What must stay true: every loop consumes input, and ends when the input is bad. */
#include "code.h"

/* Kinds of immediates. A kind is followed by at most one more. */
enum kind {
    NOTHING,
    NUMBER,  /* a label, a local, a field, a constant: a number that names nothing that is numbered in the module */
    NUMBERS, /* labels: a count, and one number more than that */
    BLOCK_TYPE,
    HEAP_TYPE,
    VALUE_TYPES,
    MEMARG,
    CATCHES,
    BYTE,
    BYTES_4,
    BYTES_8,
    BYTES_16,
    TYPE,
    FUNCTION,
    TABLE,
    MEMORY,
    GLOBAL,
    TAG,
    ELEMENT,
    DATA,
    UNKNOWN
};

/* Instructions from first up to the next row's first have these immediates. */
struct row {
    uint32_t first;
    unsigned char kinds[4];
};

#define END_OF_ROWS                                                                                                    \
    {                                                                                                                  \
        UINT32_MAX,                                                                                                    \
        {                                                                                                              \
            UNKNOWN                                                                                                    \
        }                                                                                                              \
    }

static const struct row plain[] = {
    { 0x00, { NOTHING } },
    { 0x02, { BLOCK_TYPE } }, /* block, loop, if */
    { 0x05, { NOTHING } },
    { 0x06, { BLOCK_TYPE } }, /* try */
    { 0x07, { TAG } },        /* catch, throw */
    { 0x09, { NUMBER } },     /* rethrow */
    { 0x0a, { NOTHING } },    /* throw_ref, end */
    { 0x0c, { NUMBER } },     /* br, br_if */
    { 0x0e, { NUMBERS } },    /* br_table */
    { 0x0f, { NOTHING } },
    { 0x10, { FUNCTION } },    /* call */
    { 0x11, { TYPE, TABLE } }, /* call_indirect */
    { 0x12, { FUNCTION } },    /* return_call */
    { 0x13, { TYPE, TABLE } },
    { 0x14, { TYPE } }, /* call_ref, return_call_ref */
    { 0x16, { UNKNOWN } },
    { 0x18, { NUMBER } },  /* delegate */
    { 0x19, { NOTHING } }, /* catch_all, drop, select */
    { 0x1c, { VALUE_TYPES } },
    { 0x1d, { UNKNOWN } },
    { 0x1f, { BLOCK_TYPE, CATCHES } }, /* try_table */
    { 0x20, { NUMBER } },              /* locals */
    { 0x23, { GLOBAL } },
    { 0x25, { TABLE } },
    { 0x27, { UNKNOWN } },
    { 0x28, { MEMARG } },
    { 0x3f, { MEMORY } },
    { 0x41, { NUMBER } },
    { 0x43, { BYTES_4 } },
    { 0x44, { BYTES_8 } },
    { 0x45, { NOTHING } },
    { 0xc5, { UNKNOWN } },
    { 0xd0, { HEAP_TYPE } },
    { 0xd1, { NOTHING } },
    { 0xd2, { FUNCTION } }, /* ref.func */
    { 0xd3, { NOTHING } },
    { 0xd5, { NUMBER } }, /* br_on_null, br_on_non_null */
    { 0xd7, { UNKNOWN } },
    END_OF_ROWS,
};
static const struct row gc[] = {
    { 0, { TYPE } },
    { 2, { TYPE, NUMBER } }, /* fields of structs */
    { 6, { TYPE } },
    { 8, { TYPE, NUMBER } }, /* array.new_fixed */
    { 9, { TYPE, DATA } },
    { 10, { TYPE, ELEMENT } },
    { 11, { TYPE } },
    { 15, { NOTHING } },
    { 16, { TYPE } },
    { 17, { TYPE, TYPE } },
    { 18, { TYPE, DATA } },
    { 19, { TYPE, ELEMENT } },
    { 20, { HEAP_TYPE } },                          /* ref.test, ref.cast */
    { 24, { BYTE, NUMBER, HEAP_TYPE, HEAP_TYPE } }, /* br_on_cast: flags, a label */
    { 26, { NOTHING } },
    { 31, { UNKNOWN } },
    END_OF_ROWS,
};
static const struct row bulk[] = {
    { 0, { NOTHING } },  { 8, { DATA, MEMORY } },
    { 9, { DATA } },     { 10, { MEMORY, MEMORY } },
    { 11, { MEMORY } },  { 12, { ELEMENT, TABLE } },
    { 13, { ELEMENT } }, { 14, { TABLE, TABLE } },
    { 15, { TABLE } },   { 18, { MEMORY } },
    { 19, { NOTHING } }, /* wide arithmetic */
    { 23, { UNKNOWN } }, END_OF_ROWS,
};
static const struct row simd[] = {
    { 0, { MEMARG } },        { 12, { BYTES_16 } }, { 14, { NOTHING } }, { 21, { BYTE } },       { 35, { NOTHING } },
    { 84, { MEMARG, BYTE } }, { 92, { MEMARG } },   { 94, { NOTHING } }, { 0x114, { UNKNOWN } }, END_OF_ROWS,
};
static const struct row atomic[] = {
    { 0, { MEMARG } }, { 3, { BYTE } }, { 4, { UNKNOWN } }, { 0x10, { MEMARG } }, { 0x4f, { UNKNOWN } }, END_OF_ROWS,
};

/* ---- Numbers, indices and types ---- */

static void found(const struct mocket_wasm_visitor *v, const struct mocket_wasm_index *index)
{
    if (v->visit)
        v->visit(v->data, index);
}

uint32_t mocket__wasm_index(struct mocket_wasm_bytes *r, enum mocket_wasm_space space,
                            const struct mocket_wasm_visitor *v)
{
    const unsigned char *from = r->at;
    uint32_t value = mocket__wasm_number(r);
    if (!r->bad)
        found(v, &(struct mocket_wasm_index){ space, value, false, from, r->at });
    return value;
}

/* A signed number of 33 bits: not negative, the index of a type; else a type that is built in. */
static void heap_type(struct mocket_wasm_bytes *r, const struct mocket_wasm_visitor *v)
{
    enum { MORE = 0x80, SIGN = 0x40, LAST_SHIFT = 28, LAST_PLUS = 0x0f, LAST_MINUS = 0x70 };
    const unsigned char *from = r->at;
    uint64_t value = 0;
    uint32_t b = MORE;
    for (unsigned shift = 0; b & MORE && !r->bad; shift += 7) {
        b = mocket__wasm_byte(r);
        if (shift == LAST_SHIFT && b > LAST_PLUS && (b < LAST_MINUS || b & MORE))
            r->bad = true;
        value |= (uint64_t)(b & 0x7f) << shift;
    }
    if (!r->bad && !(b & SIGN))
        found(v, &(struct mocket_wasm_index){ MOCKET_WASM_TYPES, (uint32_t)value, true, from, r->at });
}

void mocket__wasm_type(struct mocket_wasm_bytes *r, const struct mocket_wasm_visitor *v)
{
    enum { REF_NULL = 0x63, REF = 0x64 };
    if (r->at < r->end && (*r->at == REF_NULL || *r->at == REF))
        mocket__wasm_byte(r);
    heap_type(r, v);
}

void mocket__wasm_locals(struct mocket_wasm_bytes *body, const struct mocket_wasm_visitor *v)
{
    for (uint32_t left = mocket__wasm_number(body); left > 0 && !body->bad; left--) { /* a count and a type */
        mocket__wasm_skip_number(body);
        mocket__wasm_type(body, v);
    }
}

/* ---- Immediates ---- */

static void skip_numbers(struct mocket_wasm_bytes *r, uint64_t count)
{
    for (; count > 0 && !r->bad; count--)
        mocket__wasm_skip_number(r);
}

static void memarg(struct mocket_wasm_bytes *r, const struct mocket_wasm_visitor *v)
{
    enum { WITH_MEMORY = 0x40 };
    if (mocket__wasm_number(r) & WITH_MEMORY)
        mocket__wasm_index(r, MOCKET_WASM_MEMORIES, v);
    mocket__wasm_skip_number(r);
}

static void catches(struct mocket_wasm_bytes *r, const struct mocket_wasm_visitor *v)
{
    enum { CATCH, CATCH_REF, CATCH_ALL };
    for (uint32_t left = mocket__wasm_number(r); left > 0 && !r->bad; left--) {
        if (mocket__wasm_byte(r) < CATCH_ALL)
            mocket__wasm_index(r, MOCKET_WASM_TAGS, v);
        mocket__wasm_skip_number(r); /* the label */
    }
}

static void types(struct mocket_wasm_bytes *r, const struct mocket_wasm_visitor *v)
{
    for (uint32_t left = mocket__wasm_number(r); left > 0 && !r->bad; left--)
        mocket__wasm_type(r, v);
}

static void immediate(struct mocket_wasm_bytes *r, enum kind kind, const struct mocket_wasm_visitor *v)
{
    switch (kind) {
    case NOTHING:
        return;
    case NUMBER:
        mocket__wasm_skip_number(r);
        return;
    case NUMBERS:
        skip_numbers(r, (uint64_t)mocket__wasm_number(r) + 1);
        return;
    case BLOCK_TYPE:
        mocket__wasm_type(r, v);
        return;
    case HEAP_TYPE:
        heap_type(r, v);
        return;
    case VALUE_TYPES:
        types(r, v);
        return;
    case MEMARG:
        memarg(r, v);
        return;
    case CATCHES:
        catches(r, v);
        return;
    case BYTE:
        mocket__wasm_byte(r);
        return;
    case BYTES_4:
    case BYTES_8:
    case BYTES_16:
        mocket__wasm_take(r, 4u << (kind - BYTES_4));
        return;
    case UNKNOWN:
        r->bad = true;
        return;
    default:
        mocket__wasm_index(r, (enum mocket_wasm_space)(kind - TYPE + MOCKET_WASM_TYPES), v);
    }
}

static const unsigned char *find_kinds(const struct row *rows, uint32_t op)
{
    while (rows[1].first <= op && rows[1].first != UINT32_MAX)
        rows++;
    return rows->kinds;
}

uint32_t mocket__wasm_instruction(struct mocket_wasm_bytes *r, const struct mocket_wasm_visitor *v)
{
    enum { GC = 0xfb, ATOMIC = 0xfe };
    static const struct row *const prefixed[] = { gc, bulk, simd, atomic };
    uint32_t op = mocket__wasm_byte(r);
    const struct row *rows = plain;
    uint32_t number = op;
    if (op >= GC && op <= ATOMIC) {
        rows = prefixed[op - GC];
        number = mocket__wasm_number(r);
        op = op << 16 | (number & 0xffff);
    }
    const unsigned char *kinds = find_kinds(rows, number);
    for (int i = 0; i < 4 && !r->bad; i++)
        immediate(r, (enum kind)kinds[i], v);
    return op;
}
