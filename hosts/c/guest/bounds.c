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
#include "../../../src/wasm/code.h"

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
    static const struct mocket_wasm_visitor nobody = { .visit = NULL };
    int rc = 0;
    while (rc == 0 && r->at < r->end) {
        uint32_t op = mocket__wasm_instruction(r, &nobody);
        if (r->bad)
            return 0;
        switch (op) {
        case MOCKET_WASM_END:
        case MOCKET_WASM_DELEGATE:
            if (!close_block(n))
                return 0;
            break;
        case MOCKET_WASM_BLOCK:
        case MOCKET_WASM_LOOP:
        case MOCKET_WASM_IF:
        case MOCKET_WASM_TRY:
        case MOCKET_WASM_TRY_TABLE:
            rc = open_block(n, op == MOCKET_WASM_LOOP, why);
            break;
        default:;
        }
    }
    return rc;
}

static int check_body(struct mocket_wasm_bytes body, struct mocket_buf *why)
{
    int rc = within(GUEST_BOUND_BODY, (uint64_t)(body.end - body.at), why);
    if (rc < 0)
        return rc;
    struct nesting n = { .blocks = 0 };
    mocket__wasm_locals(&body, &(struct mocket_wasm_visitor){ .visit = NULL });
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
