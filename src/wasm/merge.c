/* Each section of the new module is what both modules have, the app's members first. Indices of the app stay as they
 * are, but for those of functions; what belongs to the adapter is shifted behind the app's.
 *
 * What must stay true: sections are written in the order of the specification, with the counts of what was written. */
#include "merge.h"

#include "../base/span.h"
#include "join.h"
#include "write.h"

/* A section that is being made: its members, which `take` copies one by one. */
typedef void take_member(struct mocket_wasm_rewrite *rw);

struct joint {
    const struct mocket_wasm_join *join;
    struct mocket_buf *out, *why;
    struct mocket_buf content; /* of the section */
};

static int refuse(const struct mocket_wasm_rewrite *rw, const char *section, struct mocket_buf *why)
{
    static const char digits[] = "0123456789abcdef";
    const struct mocket_wasm_module *m = rw->map->from;
    if (rw->stray)
        return mocket__wasm_refuse(m, why, "malformed: an index in its ", section, " section names nothing", NULL);
    if (rw->unknown_op == 0)
        return mocket__wasm_refuse(m, why, "malformed: its ", section, " section cannot be read", NULL);
    mocket__wasm_refuse(m, why, "its ", section, " section has an instruction that is not known, or cut short: 0x",
                        NULL);
    for (int shift = rw->unknown_op > 0xff ? 20 : 4; shift >= 0; shift -= 4)
        mocket__buf_add(why, &digits[rw->unknown_op >> shift & 0xf], 1);
    return MOCKET_EINVAL;
}

/* ---- Members ---- */

static void take_function(struct mocket_wasm_rewrite *rw)
{
    mocket__wasm_rewrite_index(rw, MOCKET_WASM_TYPES);
}

static void take_limits(struct mocket_wasm_rewrite *rw)
{
    enum { WITH_MAXIMUM = 1 };
    uint32_t flags = mocket__wasm_byte(&rw->in);
    mocket__wasm_number(&rw->in);
    if (flags & WITH_MAXIMUM)
        mocket__wasm_number(&rw->in);
    if (flags > WITH_MAXIMUM)
        rw->in.bad = true;
}

static void take_table(struct mocket_wasm_rewrite *rw)
{
    enum { WITH_VALUE = 0x40 };
    bool with_value = rw->in.at < rw->in.end && *rw->in.at == WITH_VALUE;
    if (with_value)
        mocket__wasm_take(&rw->in, 2); /* the second byte is reserved */
    mocket__wasm_rewrite_type(rw);
    take_limits(rw);
    if (with_value)
        mocket__wasm_rewrite_expression(rw);
}

static void take_tag(struct mocket_wasm_rewrite *rw)
{
    mocket__wasm_byte(&rw->in); /* its kind: an exception */
    mocket__wasm_rewrite_index(rw, MOCKET_WASM_TYPES);
}

static void take_global(struct mocket_wasm_rewrite *rw)
{
    mocket__wasm_rewrite_type(rw);
    mocket__wasm_byte(&rw->in); /* mutable */
    mocket__wasm_rewrite_expression(rw);
}

/* A segment for table 0 has a short form, which a table with another index cannot have. */
static void take_element(struct mocket_wasm_rewrite *rw)
{
    enum { NOT_ACTIVE = 1, EXPLICIT = 2, EXPRESSIONS = 4, MOST = 7, FUNCTIONS = 0x00, FUNCREF = 0x70 };
    mocket__wasm_rewrite_flush(rw);
    uint32_t flags = mocket__wasm_number(&rw->in), base = rw->map->base[MOCKET_WASM_TABLES];
    rw->copied = rw->in.at; /* the flags may change */
    bool active = !(flags & NOT_ACTIVE), is_short = active && !(flags & EXPLICIT);
    if (flags > MOST || (is_short && rw->map->from->count[MOCKET_WASM_TABLES] == 0))
        rw->in.bad = true;
    bool lengthens = is_short && base > 0;
    mocket__wasm_write_number(rw->out, lengthens ? flags | EXPLICIT : flags);
    if (lengthens)
        mocket__wasm_write_number(rw->out, base);
    if (active && !is_short)
        mocket__wasm_rewrite_index(rw, MOCKET_WASM_TABLES);
    if (active)
        mocket__wasm_rewrite_expression(rw);
    mocket__wasm_rewrite_flush(rw);
    if (lengthens)
        mocket__wasm_write_byte(rw->out, flags & EXPRESSIONS ? FUNCREF : FUNCTIONS);
    if (!is_short && flags & EXPRESSIONS)
        mocket__wasm_rewrite_type(rw);
    else if (!is_short)
        mocket__wasm_byte(&rw->in);
    for (uint32_t left = mocket__wasm_number(&rw->in); left > 0 && !rw->in.bad; left--)
        if (flags & EXPRESSIONS)
            mocket__wasm_rewrite_expression(rw);
        else
            mocket__wasm_rewrite_index(rw, MOCKET_WASM_FUNCTIONS);
}

static void take_data(struct mocket_wasm_rewrite *rw)
{
    enum { ACTIVE, PASSIVE, EXPLICIT };
    uint32_t kind = mocket__wasm_number(&rw->in);
    if (kind > EXPLICIT)
        rw->in.bad = true;
    if (kind == EXPLICIT)
        mocket__wasm_rewrite_index(rw, MOCKET_WASM_MEMORIES);
    if (kind != PASSIVE)
        mocket__wasm_rewrite_expression(rw);
    mocket__wasm_take(&rw->in, mocket__wasm_number(&rw->in));
}

/* A body is copied to a buf of its own, because its new length stands in front of it. */
static void take_body(struct mocket_wasm_rewrite *rw)
{
    struct mocket_wasm_bytes bytes = mocket__wasm_take(&rw->in, mocket__wasm_number(&rw->in));
    struct mocket_buf body = { 0 };
    struct mocket_wasm_rewrite inner;
    rw->copied = rw->in.at;
    if (bytes.bad)
        return;
    mocket__wasm_rewrite_begin(&inner, rw->map, bytes, &body);
    mocket__wasm_rewrite_body(&inner);
    mocket__wasm_write_name(rw->out, mocket__buf_view(&body));
    if (body.status < 0)
        rw->out->status = body.status;
    rw->unknown_op = inner.unknown_op;
    rw->stray = inner.stray;
    rw->in.bad |= inner.in.bad;
    mocket__buf_release(&body);
}

/* ---- Sections ---- */

static int copy_members(struct joint *t, const struct mocket_wasm_map *map, uint32_t id, take_member *take)
{
    static const char *const names[MOCKET_WASM_SECTIONS] = {
        [MOCKET_WASM_SECTION_FUNCTION] = "function", [MOCKET_WASM_SECTION_TABLE] = "table",
        [MOCKET_WASM_SECTION_GLOBAL] = "global",     [MOCKET_WASM_SECTION_ELEMENT] = "element",
        [MOCKET_WASM_SECTION_CODE] = "code",         [MOCKET_WASM_SECTION_DATA] = "data",
        [MOCKET_WASM_SECTION_TAG] = "tag",
    };
    struct mocket_wasm_rewrite rw;
    mocket__wasm_rewrite_begin(&rw, map, map->from->sections[id], &t->content);
    for (uint32_t left = map->from->entries[id]; left > 0 && !rw.in.bad; left--)
        take(&rw);
    mocket__wasm_rewrite_flush(&rw);
    return rw.in.bad || rw.in.at != rw.in.end ? refuse(&rw, names[id], t->why) : 0;
}

/* Writes the section with the members of both modules, and `made` ones, whose bytes are in *more. */
static int join_section(struct joint *t, uint32_t id, take_member *take, const struct mocket_buf *more, uint32_t made)
{
    const struct mocket_wasm_join *j = t->join;
    uint32_t count = j->app.entries[id] + j->adapter.entries[id] + made;
    mocket__buf_reset(&t->content);
    if (count == 0)
        return 0;
    mocket__wasm_write_number(&t->content, count);
    int rc = copy_members(t, &j->app_map, id, take);
    if (rc == 0)
        rc = copy_members(t, &j->adapter_map, id, take);
    if (made > 0)
        mocket__buf_span(&t->content, mocket__buf_view(more));
    if (rc == 0)
        rc = t->content.status;
    mocket__wasm_write_section(t->out, id, &t->content);
    return rc;
}

/* Both sections as they are: types of the adapter name no others. */
static void write_types(struct joint *t)
{
    static const unsigned char made[] = { 0x60, 0, 1, 0x7f, 0x60, 1, 0x7f, 1, 0x7f }; /* MOCKET_WASM_MADE_TYPES */
    const struct mocket_wasm_module *both[] = { &t->join->app, &t->join->adapter };
    uint32_t id = MOCKET_WASM_SECTION_TYPE;
    mocket__buf_reset(&t->content);
    mocket__wasm_write_number(&t->content, both[0]->entries[id] + both[1]->entries[id] + MOCKET_WASM_MADE_TYPES);
    for (int i = 0; i < 2; i++)
        mocket__buf_add(&t->content, both[i]->sections[id].at,
                        (size_t)(both[i]->sections[id].end - both[i]->sections[id].at));
    mocket__buf_add(&t->content, made, sizeof made);
    mocket__wasm_write_section(t->out, id, &t->content);
}

static void write_imports(struct joint *t)
{
    mocket__buf_reset(&t->content);
    mocket__wasm_write_number(&t->content, t->join->import_count);
    mocket__buf_span(&t->content, mocket__buf_view(&t->join->imports));
    mocket__wasm_write_section(t->out, MOCKET_WASM_SECTION_IMPORT, &t->content);
}

static void write_memory(struct joint *t)
{
    mocket__buf_reset(&t->content);
    mocket__wasm_write_number(&t->content, 1);
    mocket__wasm_write_byte(&t->content, 0); /* no maximum */
    mocket__wasm_write_number(&t->content, t->join->pages);
    mocket__wasm_write_section(t->out, MOCKET_WASM_SECTION_MEMORY, &t->content);
}

/* With the global that counts the pages of the app's memory. */
static int write_globals(struct joint *t)
{
    enum { I32 = 0x7f, MUTABLE = 1 };
    struct mocket_buf made = { 0 };
    mocket__wasm_write_byte(&made, I32);
    mocket__wasm_write_byte(&made, MUTABLE);
    mocket__wasm_write_byte(&made, MOCKET_WASM_I32_CONST);
    mocket__wasm_write_signed(&made, t->join->app_pages);
    mocket__wasm_write_byte(&made, MOCKET_WASM_END);
    int rc = made.status;
    if (rc == 0)
        rc = join_section(t, MOCKET_WASM_SECTION_GLOBAL, take_global, &made, 1);
    mocket__buf_release(&made);
    return rc;
}

static void put_export(struct mocket_buf *out, mocket_span name, uint32_t kind, uint32_t index)
{
    mocket__wasm_write_name(out, name);
    mocket__wasm_write_byte(out, kind);
    mocket__wasm_write_number(out, index);
}

static int write_exports(struct joint *t)
{
    const struct mocket_wasm_map *map = &t->join->adapter_map;
    struct mocket_wasm_bytes r = map->from->sections[MOCKET_WASM_SECTION_EXPORT];
    struct mocket_buf rows = { 0 };
    uint32_t count = 1;
    put_export(&rows, MOCKET_SPAN("memory"), MOCKET_WASM_KIND_MEMORY, 0);
    for (uint32_t left = map->from->entries[MOCKET_WASM_SECTION_EXPORT]; left > 0 && !r.bad; left--) {
        mocket_span name = mocket__wasm_name(&r);
        uint32_t kind = mocket__wasm_byte(&r), index = mocket__wasm_number(&r);
        if (r.bad || kind != MOCKET_WASM_KIND_FUNCTION || mocket__span_find(name, '.', 0) < name.len)
            continue;
        r.bad |= index >= map->from->count[MOCKET_WASM_FUNCTIONS] || map->functions[index] == UINT32_MAX;
        if (!r.bad)
            put_export(&rows, name, kind, map->functions[index]);
        count++;
    }
    mocket__buf_reset(&t->content);
    mocket__wasm_write_number(&t->content, count);
    mocket__buf_span(&t->content, mocket__buf_view(&rows));
    mocket__wasm_write_section(t->out, MOCKET_WASM_SECTION_EXPORT, &t->content);
    int rc = r.bad ? mocket__wasm_refuse(map->from, t->why, "malformed: its export section", NULL) : rows.status;
    mocket__buf_release(&rows);
    return rc;
}

static int write_start(struct joint *t)
{
    struct mocket_wasm_rewrite rw;
    uint32_t id = MOCKET_WASM_SECTION_START;
    if (!t->join->app.sections[id].at)
        return 0;
    mocket__buf_reset(&t->content);
    mocket__wasm_rewrite_begin(&rw, &t->join->app_map, t->join->app.sections[id], &t->content);
    mocket__wasm_rewrite_index(&rw, MOCKET_WASM_FUNCTIONS);
    mocket__wasm_rewrite_flush(&rw);
    mocket__wasm_write_section(t->out, id, &t->content);
    return rw.in.bad ? refuse(&rw, "start", t->why) : 0;
}

/* Does code of the app have a reference to a function? Code that cannot be read is refused later. */
static bool has_references(const struct mocket_wasm_module *app)
{
    static const struct mocket_wasm_visitor nobody = { .visit = NULL };
    struct mocket_wasm_bytes r = app->sections[MOCKET_WASM_SECTION_CODE];
    for (uint32_t left = app->entries[MOCKET_WASM_SECTION_CODE]; left > 0 && !r.bad; left--) {
        struct mocket_wasm_bytes body = mocket__wasm_take(&r, mocket__wasm_number(&r));
        mocket__wasm_locals(&body, &nobody);
        while (!body.bad && body.at < body.end)
            if (mocket__wasm_instruction(&body, &nobody) == MOCKET_WASM_REF_FUNC)
                return true;
    }
    return false;
}

/* A segment that declares the functions that the app exports. Code may refer only to functions that the module names
 * outside of code, and the new module does not have the app's exports. Returns the number of segments. */
static uint32_t put_declarations(const struct mocket_wasm_map *map, struct mocket_buf *out)
{
    enum { DECLARED = 3, FUNCTIONS = 0 };
    struct mocket_wasm_bytes r = map->from->sections[MOCKET_WASM_SECTION_EXPORT];
    struct mocket_buf rows = { 0 };
    uint32_t count = 0;
    for (uint32_t left = map->from->entries[MOCKET_WASM_SECTION_EXPORT]; left > 0 && !r.bad; left--) {
        mocket__wasm_name(&r);
        uint32_t kind = mocket__wasm_byte(&r), index = mocket__wasm_number(&r);
        if (r.bad || kind != MOCKET_WASM_KIND_FUNCTION || index >= map->from->count[MOCKET_WASM_FUNCTIONS] ||
            map->functions[index] == UINT32_MAX)
            continue;
        mocket__wasm_write_number(&rows, map->functions[index]);
        count++;
    }
    if (count > 0) {
        mocket__wasm_write_byte(out, DECLARED);
        mocket__wasm_write_byte(out, FUNCTIONS);
        mocket__wasm_write_number(out, count);
        mocket__buf_span(out, mocket__buf_view(&rows));
    }
    if (rows.status < 0)
        out->status = rows.status;
    mocket__buf_release(&rows);
    return count > 0;
}

static int write_elements(struct joint *t)
{
    struct mocket_buf made = { 0 };
    uint32_t count = has_references(&t->join->app) ? put_declarations(&t->join->app_map, &made) : 0;
    int rc = made.status;
    if (rc == 0)
        rc = join_section(t, MOCKET_WASM_SECTION_ELEMENT, take_element, &made, count);
    mocket__buf_release(&made);
    return rc;
}

/* Without the section, code cannot name segments of data. */
static void write_data_count(struct joint *t)
{
    const struct mocket_wasm_join *j = t->join;
    uint32_t id = MOCKET_WASM_SECTION_DATA_COUNT;
    if (!j->app.sections[id].at && !j->adapter.sections[id].at)
        return;
    mocket__buf_reset(&t->content);
    mocket__wasm_write_number(&t->content, j->app.count[MOCKET_WASM_DATA] + j->adapter.count[MOCKET_WASM_DATA]);
    mocket__wasm_write_section(t->out, id, &t->content);
}

/* ---- The whole ---- */

static int write_module(struct joint *t)
{
    const struct mocket_wasm_join *j = t->join;
    mocket__buf_add(t->out, "\0asm\1\0\0\0", 8);
    write_types(t);
    write_imports(t);
    int rc = join_section(t, MOCKET_WASM_SECTION_FUNCTION, take_function, &j->made_types, j->made_count);
    if (rc == 0)
        rc = join_section(t, MOCKET_WASM_SECTION_TABLE, take_table, NULL, 0);
    write_memory(t);
    if (rc == 0)
        rc = join_section(t, MOCKET_WASM_SECTION_TAG, take_tag, NULL, 0);
    if (rc == 0)
        rc = write_globals(t);
    if (rc == 0)
        rc = write_exports(t);
    if (rc == 0)
        rc = write_start(t);
    if (rc == 0)
        rc = write_elements(t);
    write_data_count(t);
    if (rc == 0)
        rc = join_section(t, MOCKET_WASM_SECTION_CODE, take_body, &j->made_bodies, j->made_count);
    if (rc == 0)
        rc = join_section(t, MOCKET_WASM_SECTION_DATA, take_data, NULL, 0);
    return rc;
}

int mocket__wasm_merge(const struct mocket_wasm_merge *merge, struct mocket_buf *out, struct mocket_buf *why)
{
    struct mocket_wasm_join join;
    struct joint t = { .join = &join, .out = out, .why = why };
    int rc = mocket__wasm_join_make(&join, merge, why);
    if (rc == 0)
        rc = write_module(&t);
    const int failures[] = { join.imports.status, join.made_types.status, join.made_bodies.status, out->status };
    for (size_t i = 0; i < sizeof failures / sizeof *failures && rc == 0; i++)
        rc = failures[i];
    mocket__wasm_join_release(&join);
    mocket__buf_release(&t.content);
    return rc;
}
