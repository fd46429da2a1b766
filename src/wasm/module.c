/* The sections are found first, then counted. The arrays have a row for each member, and a member has at least a byte
 * in the file, so they are no larger than a few times the file.
 *
 * What must stay true: a count is believed only after as many members were read. */
#include "module.h"

#include <stdarg.h>

#include "../base/memory.h"
#include "../base/span.h"

int mocket__wasm_refuse(const struct mocket_wasm_module *m, struct mocket_buf *why, const char *piece, ...)
{
    va_list more;
    if (m->name) {
        mocket__buf_text(why, m->name);
        mocket__buf_text(why, ": ");
    }
    va_start(more, piece);
    for (; piece; piece = va_arg(more, const char *))
        mocket__buf_text(why, piece);
    va_end(more);
    return MOCKET_EINVAL;
}

static int malformed(const struct mocket_wasm_module *m, struct mocket_buf *why, uint32_t section)
{
    static const char *const names[MOCKET_WASM_SECTIONS] = {
        "custom", "type",  "import",  "function", "table", "memory",     "global",
        "export", "start", "element", "code",     "data",  "data count", "tag",
    };
    return mocket__wasm_refuse(m, why, "malformed: its ", names[section], " section cannot be read", NULL);
}

/* ---- Sections ---- */

static bool is_counted(uint32_t id)
{
    return id != MOCKET_WASM_SECTION_CUSTOM && id != MOCKET_WASM_SECTION_START && id != MOCKET_WASM_SECTION_DATA_COUNT;
}

static int read_sections(struct mocket_wasm_module *m, struct mocket_buf *why)
{
    struct mocket_wasm_bytes rest = mocket__wasm_sections(m->wasm), content;
    uint32_t id;
    while (mocket__wasm_next_section(&rest, &id, &content)) {
        if (id == MOCKET_WASM_SECTION_CUSTOM)
            continue;
        if (id >= MOCKET_WASM_SECTIONS)
            return mocket__wasm_refuse(m, why, "malformed: it has a section of an unknown kind", NULL);
        if (m->sections[id].at)
            return mocket__wasm_refuse(m, why, "malformed: it has two sections of one kind", NULL);
        if (is_counted(id))
            m->entries[id] = mocket__wasm_number(&content);
        if (content.bad || m->entries[id] > (size_t)(content.end - content.at))
            return malformed(m, why, id);
        m->sections[id] = content;
    }
    return rest.bad ? mocket__wasm_refuse(m, why, "malformed: it ends within a section", NULL) : 0;
}

/* ---- Types ---- */

static const struct mocket_wasm_visitor nobody = { .visit = NULL };

/* A function type, a struct or an array; `plain` gets what is behind the byte of a function type. */
static void composite_type(struct mocket_wasm_bytes *r, struct mocket_wasm_bytes *plain)
{
    enum { FUNCTION = 0x60, STRUCT = 0x5f, ARRAY = 0x5e, I8 = 0x78, I16 = 0x77 };
    uint32_t form = mocket__wasm_byte(r);
    struct mocket_wasm_bytes from = *r;
    if (form != FUNCTION && form != STRUCT && form != ARRAY)
        r->bad = true;
    for (int lists = form == FUNCTION ? 2 : 1; lists > 0 && !r->bad; lists--)
        for (uint32_t left = form == ARRAY ? 1 : mocket__wasm_number(r); left > 0 && !r->bad; left--) {
            if (form != FUNCTION && r->at < r->end && (*r->at == I8 || *r->at == I16))
                mocket__wasm_byte(r);
            else
                mocket__wasm_type(r, &nobody);
            if (form != FUNCTION)
                mocket__wasm_byte(r); /* mutable */
        }
    *plain = (struct mocket_wasm_bytes){ from.at, r->at, form != FUNCTION || r->bad };
}

static void sub_type(struct mocket_wasm_bytes *r, struct mocket_wasm_bytes *plain)
{
    enum { SUB = 0x50, SUB_FINAL = 0x4f };
    if (r->at < r->end && (*r->at == SUB || *r->at == SUB_FINAL)) {
        mocket__wasm_byte(r);
        for (uint32_t left = mocket__wasm_number(r); left > 0 && !r->bad; left--)
            mocket__wasm_number(r);
    }
    composite_type(r, plain);
}

/* An entry of the section is a type, or a group of types. */
static int read_types(struct mocket_wasm_module *m, struct mocket_buf *why)
{
    enum { GROUP = 0x4e };
    struct mocket_wasm_bytes r = m->sections[MOCKET_WASM_SECTION_TYPE];
    m->types = mocket__new((size_t)(r.end - r.at + 1) * sizeof *m->types);
    if (!m->types)
        return MOCKET_ENOMEM;
    for (uint32_t left = m->entries[MOCKET_WASM_SECTION_TYPE]; left > 0 && !r.bad; left--) {
        uint32_t members = 1;
        if (r.at < r.end && *r.at == GROUP) {
            mocket__wasm_byte(&r);
            members = mocket__wasm_number(&r);
        }
        for (; members > 0 && r.at < r.end && !r.bad; members--)
            sub_type(&r, &m->types[m->count[MOCKET_WASM_TYPES]++]);
        r.bad |= members > 0;
    }
    return r.bad || r.at != r.end ? malformed(m, why, MOCKET_WASM_SECTION_TYPE) : 0;
}

/* Takes a value type in its shortest form, so that types can be compared. */
static uint32_t short_type(struct mocket_wasm_bytes *r)
{
    enum { REF_NULL = 0x63, FIRST_HEAP = 0x69, LAST_HEAP = 0x74 };
    uint32_t b = mocket__wasm_byte(r);
    bool shortens = b == REF_NULL && r->at < r->end && *r->at >= FIRST_HEAP && *r->at <= LAST_HEAP;
    return shortens ? mocket__wasm_byte(r) : b;
}

static struct mocket_wasm_bytes function_type(const struct mocket_wasm_module *m, uint32_t function)
{
    struct mocket_wasm_bytes none = { NULL, NULL, true };
    uint32_t type = function < m->count[MOCKET_WASM_FUNCTIONS] ? m->type_of[function] : UINT32_MAX;
    return type < m->count[MOCKET_WASM_TYPES] ? m->types[type] : none;
}

bool mocket__wasm_same_type(const struct mocket_wasm_module *a, uint32_t function, const struct mocket_wasm_module *b,
                            uint32_t other)
{
    enum { LEAST = 0x69 }; /* below it are references to types, and types that no import of ours has */
    struct mocket_wasm_bytes x = function_type(a, function), y = function_type(b, other);
    for (int lists = 2; lists > 0 && !x.bad && !y.bad; lists--) {
        uint32_t left = mocket__wasm_number(&x);
        if (mocket__wasm_number(&y) != left)
            return false;
        for (; left > 0 && !x.bad && !y.bad; left--) {
            uint32_t type = short_type(&x);
            if (short_type(&y) != type || type < LEAST)
                return false;
        }
    }
    return !x.bad && !y.bad;
}

/* ---- Counts ---- */

static void count_imports(struct mocket_wasm_module *m, struct mocket_wasm_bytes *r)
{
    static const enum mocket_wasm_space spaces[] = {
        [MOCKET_WASM_KIND_FUNCTION] = MOCKET_WASM_FUNCTIONS, [MOCKET_WASM_KIND_TABLE] = MOCKET_WASM_TABLES,
        [MOCKET_WASM_KIND_MEMORY] = MOCKET_WASM_MEMORIES,    [MOCKET_WASM_KIND_GLOBAL] = MOCKET_WASM_GLOBALS,
        [MOCKET_WASM_KIND_TAG] = MOCKET_WASM_TAGS,
    };
    struct mocket_wasm_import import;
    for (uint32_t left = m->entries[MOCKET_WASM_SECTION_IMPORT]; left > 0 && !r->bad; left--)
        if (mocket__wasm_next_import(r, &import)) {
            if (import.kind == MOCKET_WASM_KIND_FUNCTION)
                m->type_of[m->imported[MOCKET_WASM_FUNCTIONS]] = mocket__wasm_number(&import.content);
            m->imported[spaces[import.kind]]++;
        }
}

static void count_members(struct mocket_wasm_module *m)
{
    static const uint32_t sections[MOCKET_WASM_SPACES] = {
        [MOCKET_WASM_FUNCTIONS] = MOCKET_WASM_SECTION_FUNCTION, [MOCKET_WASM_TABLES] = MOCKET_WASM_SECTION_TABLE,
        [MOCKET_WASM_MEMORIES] = MOCKET_WASM_SECTION_MEMORY,    [MOCKET_WASM_GLOBALS] = MOCKET_WASM_SECTION_GLOBAL,
        [MOCKET_WASM_TAGS] = MOCKET_WASM_SECTION_TAG,           [MOCKET_WASM_ELEMENTS] = MOCKET_WASM_SECTION_ELEMENT,
        [MOCKET_WASM_DATA] = MOCKET_WASM_SECTION_DATA,
    };
    for (int space = MOCKET_WASM_FUNCTIONS; space < MOCKET_WASM_SPACES; space++)
        m->count[space] = m->imported[space] + m->entries[sections[space]];
}

static int read_functions(struct mocket_wasm_module *m, struct mocket_buf *why)
{
    struct mocket_wasm_bytes imports = m->sections[MOCKET_WASM_SECTION_IMPORT];
    struct mocket_wasm_bytes defined = m->sections[MOCKET_WASM_SECTION_FUNCTION];
    size_t rows = (size_t)m->entries[MOCKET_WASM_SECTION_IMPORT] + m->entries[MOCKET_WASM_SECTION_FUNCTION];
    m->type_of = mocket__new((rows + 1) * sizeof *m->type_of);
    if (!m->type_of)
        return MOCKET_ENOMEM;
    count_imports(m, &imports);
    if (imports.bad || imports.at != imports.end)
        return malformed(m, why, MOCKET_WASM_SECTION_IMPORT);
    count_members(m);
    for (uint32_t i = m->imported[MOCKET_WASM_FUNCTIONS]; i < m->count[MOCKET_WASM_FUNCTIONS]; i++)
        m->type_of[i] = mocket__wasm_number(&defined);
    if (defined.bad || defined.at != defined.end)
        return malformed(m, why, MOCKET_WASM_SECTION_FUNCTION);
    if (m->entries[MOCKET_WASM_SECTION_CODE] != m->entries[MOCKET_WASM_SECTION_FUNCTION])
        return mocket__wasm_refuse(m, why, "malformed: it has not as many bodies of functions as functions", NULL);
    return 0;
}

/* ---- The whole ---- */

int mocket__wasm_module_read(struct mocket_wasm_module *m, mocket_span wasm, const char *name, struct mocket_buf *why)
{
    *m = (struct mocket_wasm_module){ .wasm = wasm, .name = name };
    int rc = read_sections(m, why);
    if (rc == 0)
        rc = read_types(m, why);
    if (rc == 0)
        rc = read_functions(m, why);
    return rc;
}

void mocket__wasm_module_release(struct mocket_wasm_module *m)
{
    mocket__free(m->type_of);
    mocket__free(m->types);
    *m = (struct mocket_wasm_module){ .name = NULL };
}
