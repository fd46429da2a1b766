/* The engine's compiler cannot be interrupted, and some small modules keep it busy for minutes: compile time is
 * quadratic in the depth of nested loops, and each function costs about 60 us and 4 KiB however short it is. This file
 * refuses such modules by name. The time and memory of everything else are bounded from outside (engine/compile.h).
 *
 * The engine copies the names of functions each time that a guest traps, outside of all limits: they are bounded too.
 *
 * Function bodies are walked instruction by instruction, which needs the length of every instruction that the engine
 * accepts. The walk of a body ends at an instruction that is not known here; the engine then refuses the module.
 *
 * What must stay true: every loop consumes input, and a number is compared with its limit before it is used. */
#include "bounds.h"

#include "../../../src/base/span.h"
#include "../../../src/wasm/sections.h"

static const struct {
    int64_t most;
    const char *text;
} bounds[GUEST_BOUND_COUNT] = {
#define GUEST_BOUND_ROW(name, most, text) [GUEST_BOUND_##name] = { most, text },
    GUEST_BOUNDS(GUEST_BOUND_ROW)
#undef GUEST_BOUND_ROW
};

/* The limits as constants, of which BLOCKS is the length of an array here. */
enum {
#define GUEST_BOUND_MOST(name, most, text) name##_MOST = (int)(most),
    GUEST_BOUNDS(GUEST_BOUND_MOST)
#undef GUEST_BOUND_MOST
};

int64_t guest_bound_of(enum guest_bound which)
{
    return bounds[which].most;
}

static int within(enum guest_bound which, uint64_t value, struct mocket_buf *why)
{
    if (value <= (uint64_t)bounds[which].most)
        return 0;
    mocket__buf_text(why, "too large to compile: ");
    mocket__buf_decimal(why, value);
    mocket__buf_text(why, " ");
    mocket__buf_text(why, bounds[which].text);
    mocket__buf_text(why, ", the limit is ");
    mocket__buf_decimal(why, (uint64_t)bounds[which].most);
    return MOCKET_ELIMIT;
}

/* ---- Instructions ---- */

static void skip_numbers(struct mocket_wasm_bytes *r, uint32_t count)
{
    for (; count > 0 && !r->bad; count--)
        mocket__wasm_skip_number(r);
}

static void skip_memarg(struct mocket_wasm_bytes *r)
{
    enum { WITH_MEMORY = 0x40 };
    bool memory = mocket__wasm_number(r) & WITH_MEMORY;
    skip_numbers(r, memory ? 2 : 1);
}

static void skip_catches(struct mocket_wasm_bytes *r)
{
    for (uint32_t left = mocket__wasm_number(r); left > 0 && !r->bad; left--)
        skip_numbers(r, mocket__wasm_byte(r) < 2 ? 2 : 1); /* kinds 0 and 1 name a tag before the label */
}

/* How long the immediates of an instruction are; n: that many numbers. */
enum { TYPE = 16, TYPES, MEMARG, TABLE, BYTE, BYTES_4, BYTES_8, BYTES_16, LANE, CAST, UNKNOWN };

static void skip_immediates(struct mocket_wasm_bytes *r, int shape)
{
    switch (shape) {
    case TYPE:
        mocket__wasm_skip_type(r);
        return;
    case TYPES:
        for (uint32_t left = mocket__wasm_number(r); left > 0 && !r->bad; left--)
            mocket__wasm_skip_type(r);
        return;
    case MEMARG:
        skip_memarg(r);
        return;
    case TABLE: { /* of br_table, with the default label behind it */
        uint32_t labels = mocket__wasm_number(r);
        skip_numbers(r, labels);
        mocket__wasm_skip_number(r);
        return;
    }
    case BYTE:
        mocket__wasm_byte(r);
        return;
    case BYTES_4:
    case BYTES_8:
    case BYTES_16:
        mocket__wasm_take(r, 4u << (shape - BYTES_4));
        return;
    case LANE:
        skip_memarg(r);
        mocket__wasm_byte(r);
        return;
    case CAST: /* flags, label, two heap types */
        mocket__wasm_byte(r);
        skip_numbers(r, 3);
        return;
    case UNKNOWN:
        r->bad = true;
        return;
    default:
        skip_numbers(r, (uint32_t)shape);
    }
}

/* Instructions from first up to the next row's first have this shape. The last row of a table stays UNKNOWN. */
struct shape {
    uint32_t first;
    int shape;
};

static int find_shape(const struct shape *rows, uint32_t op)
{
    int shape = UNKNOWN;
    for (; rows->first <= op; rows++) {
        shape = rows->shape;
        if (rows->first == UINT32_MAX)
            break;
    }
    return shape;
}

#define SHAPES_END { UINT32_MAX, UNKNOWN }

static const struct shape plain[] = {
    { 0x00, 0 },       { 0x02, TYPE }, { 0x05, 0 },       { 0x06, UNKNOWN }, { 0x08, 1 }, { 0x09, UNKNOWN },
    { 0x0a, 0 },       { 0x0c, 1 },    { 0x0e, TABLE },   { 0x0f, 0 },       { 0x10, 1 }, { 0x11, 2 },
    { 0x12, 1 },       { 0x13, 2 },    { 0x14, 1 },       { 0x16, UNKNOWN }, { 0x1a, 0 }, { 0x1c, TYPES },
    { 0x1d, UNKNOWN }, { 0x20, 1 },    { 0x27, UNKNOWN }, { 0x28, MEMARG },  { 0x3f, 1 }, { 0x43, BYTES_4 },
    { 0x44, BYTES_8 }, { 0x45, 0 },    { 0xc5, UNKNOWN }, { 0xd0, TYPE },    { 0xd1, 0 }, { 0xd2, 1 },
    { 0xd3, 0 },       { 0xd5, 1 },    { 0xd7, UNKNOWN }, SHAPES_END,
};
static const struct shape gc[] = {
    { 0, 1 },  { 2, 2 },     { 6, 1 },     { 8, 2 },  { 11, 1 },       { 15, 0 },  { 16, 1 },
    { 17, 2 }, { 20, TYPE }, { 24, CAST }, { 26, 0 }, { 31, UNKNOWN }, SHAPES_END,
};
static const struct shape bulk[] = {
    { 0, 0 },  { 8, 2 },  { 9, 1 },  { 10, 2 }, { 11, 1 },       { 12, 2 },
    { 13, 1 }, { 14, 2 }, { 15, 1 }, { 19, 0 }, { 23, UNKNOWN }, SHAPES_END,
};
static const struct shape simd[] = {
    { 0, MEMARG }, { 12, BYTES_16 }, { 14, 0 }, { 21, BYTE },       { 35, 0 },
    { 84, LANE },  { 92, MEMARG },   { 94, 0 }, { 0x114, UNKNOWN }, SHAPES_END,
};
static const struct shape atomic[] = {
    { 0, MEMARG }, { 3, BYTE }, { 4, UNKNOWN }, { 0x10, MEMARG }, { 0x4f, UNKNOWN }, SHAPES_END,
};

static void skip_prefixed(struct mocket_wasm_bytes *r, const struct shape *rows)
{
    skip_immediates(r, find_shape(rows, mocket__wasm_number(r)));
}

/* ---- Functions ---- */

/* The blocks that are open. A bit for each tells whether it is a loop. */
struct nesting {
    uint64_t blocks, loops;
    unsigned char is_loop[(BLOCKS_MOST + 7) / 8];
};

static int open_block(struct nesting *n, bool is_loop, struct mocket_buf *why)
{
    int rc = within(GUEST_BOUND_BLOCKS, n->blocks + 1, why);
    if (rc == 0)
        rc = within(GUEST_BOUND_LOOPS, n->loops + is_loop, why);
    if (rc < 0)
        return rc;
    unsigned char bit = (unsigned char)(1u << n->blocks % 8), *byte = &n->is_loop[n->blocks / 8];
    *byte = (unsigned char)(is_loop ? *byte | bit : *byte & ~bit);
    n->blocks++;
    n->loops += is_loop;
    return 0;
}

/* False: that was the function's own end. */
static bool close_block(struct nesting *n)
{
    if (n->blocks == 0)
        return false;
    n->blocks--;
    n->loops -= n->is_loop[n->blocks / 8] >> n->blocks % 8 & 1;
    return true;
}

static int walk(struct mocket_wasm_bytes *r, struct nesting *n, struct mocket_buf *why)
{
    enum { BLOCK = 0x02, LOOP, IF, END = 0x0b, TRY_TABLE = 0x1f, GC = 0xfb, BULK, SIMD, ATOMIC };
    int rc = 0;
    while (rc == 0 && r->at < r->end && !r->bad) {
        uint32_t op = mocket__wasm_byte(r);
        if (op == END && !close_block(n))
            return 0;
        if (op == TRY_TABLE) {
            mocket__wasm_skip_type(r);
            skip_catches(r);
        } else if (op >= GC && op <= ATOMIC) {
            static const struct shape *const tables[] = { gc, bulk, simd, atomic };
            skip_prefixed(r, tables[op - GC]);
        } else {
            skip_immediates(r, find_shape(plain, op));
        }
        if ((op >= BLOCK && op <= IF) || op == TRY_TABLE)
            rc = open_block(n, op == LOOP, why);
    }
    return rc;
}

static int check_body(struct mocket_wasm_bytes body, struct mocket_buf *why)
{
    int rc = within(GUEST_BOUND_BODY, (uint64_t)(body.end - body.at), why);
    if (rc < 0)
        return rc;
    struct nesting n = { .blocks = 0 };
    for (uint32_t left = mocket__wasm_number(&body); left > 0 && !body.bad; left--) { /* locals: a count and a type */
        mocket__wasm_skip_number(&body);
        mocket__wasm_skip_type(&body);
    }
    return walk(&body, &n, why);
}

static int check_code(struct mocket_wasm_bytes section, struct mocket_buf *why)
{
    uint32_t count = mocket__wasm_number(&section);
    int rc = within(GUEST_BOUND_FUNCTIONS, count, why);
    for (uint32_t i = 0; i < count && rc == 0 && !section.bad; i++) {
        rc = check_body(mocket__wasm_take(&section, mocket__wasm_number(&section)), why);
        if (rc < 0) {
            mocket__buf_text(why, " (function ");
            mocket__buf_decimal(why, i);
            mocket__buf_text(why, " of the code section)");
        }
    }
    return rc;
}

/* ---- Names ---- */

/* The module's name, or those of functions: the engine keeps no others. */
static int check_names(uint32_t kind, struct mocket_wasm_bytes names, struct mocket_buf *why)
{
    enum { MODULE, FUNCTIONS };
    int rc = 0;
    uint32_t left = kind == MODULE ? 1 : kind == FUNCTIONS ? mocket__wasm_number(&names) : 0;
    for (; left > 0 && rc == 0 && !names.bad; left--) {
        if (kind == FUNCTIONS)
            mocket__wasm_skip_number(&names); /* index of the function */
        rc = within(GUEST_BOUND_NAME, mocket__wasm_name(&names).len, why);
    }
    return rc;
}

static int check_custom(struct mocket_wasm_bytes section, struct mocket_buf *why)
{
    int rc = 0;
    if (!mocket__span_eq(mocket__wasm_name(&section), MOCKET_SPAN("name")))
        return 0;
    while (rc == 0 && section.at < section.end && !section.bad) {
        uint32_t kind = mocket__wasm_byte(&section);
        rc = check_names(kind, mocket__wasm_take(&section, mocket__wasm_number(&section)), why);
    }
    return rc;
}

/* ---- Sections ---- */

static int check_section(uint32_t id, struct mocket_wasm_bytes content, struct mocket_buf *why)
{
    uint64_t size = (uint64_t)(content.end - content.at);
    switch (id) {
    case MOCKET_WASM_SECTION_CUSTOM:
        return check_custom(content, why);
    case MOCKET_WASM_SECTION_IMPORT:
        return within(GUEST_BOUND_IMPORTS, mocket__wasm_number(&content), why);
    case MOCKET_WASM_SECTION_FUNCTION:
        return within(GUEST_BOUND_FUNCTIONS, mocket__wasm_number(&content), why);
    case MOCKET_WASM_SECTION_GLOBAL:
        return within(GUEST_BOUND_GLOBALS, size, why);
    case MOCKET_WASM_SECTION_EXPORT:
        return within(GUEST_BOUND_EXPORTS, mocket__wasm_number(&content), why);
    case MOCKET_WASM_SECTION_ELEMENT:
        return within(GUEST_BOUND_ELEMENTS, size, why);
    case MOCKET_WASM_SECTION_CODE:
        return check_code(content, why);
    default:
        return 0;
    }
}

int guest_bounds_check(mocket_span wasm, struct mocket_buf *why)
{
    struct mocket_wasm_bytes rest = mocket__wasm_sections(wasm), content;
    uint32_t id;
    int rc = within(GUEST_BOUND_FILE, wasm.len, why);
    if (rc < 0)
        mocket__buf_text(why, " (of a larger file only the beginning is read)");
    while (rc == 0 && mocket__wasm_next_section(&rest, &id, &content))
        rc = check_section(id, content, why);
    return rc;
}
