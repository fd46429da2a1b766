/* Both directions copy section by section, with the bytes of each section as they are: a module may have numbers that
 * are longer than necessary. */
#include "start.h"

#include "../base/check.h"
#include "../base/span.h"
#include "types.h"
#include "write.h"

/* A section with its id and length, and where its content begins. */
struct whole {
    uint32_t id;
    const unsigned char *from;
    struct mocket_wasm_bytes content;
};

static bool next_whole(struct mocket_wasm_bytes *rest, struct whole *section)
{
    section->from = rest->at;
    return mocket__wasm_next_section(rest, &section->id, &section->content);
}

static bool find_whole(mocket_span wasm, uint32_t id, struct whole *section)
{
    struct mocket_wasm_bytes rest = mocket__wasm_sections(wasm);
    while (next_whole(&rest, section))
        if (section->id == id)
            return true;
    return false;
}

static mocket_span between(const unsigned char *from, const unsigned char *to)
{
    return (mocket_span){ (const char *)from, (size_t)(to - from) };
}

bool mocket__wasm_has_start(mocket_span wasm)
{
    return !mocket__wasm_section(wasm, MOCKET_WASM_SECTION_START).bad;
}

/* Names of exports are different from each other, whatever is exported. */
static int check_names(const struct mocket_wasm_module *m, struct mocket_buf *why)
{
    for (uint32_t kind = MOCKET_WASM_KIND_FUNCTION; kind <= MOCKET_WASM_KIND_TAG; kind++)
        if (mocket__wasm_find_export(m->wasm, MOCKET_SPAN(MOCKET_WASM_START_EXPORT), kind) != UINT32_MAX)
            return mocket__wasm_refuse(m, why, "its export `" MOCKET_WASM_START_EXPORT "` has a reserved name", NULL);
    if (!mocket__wasm_custom_section(m->wasm, MOCKET_SPAN(MOCKET_WASM_START_SECTION)).bad)
        return mocket__wasm_refuse(m, why, "its custom section `" MOCKET_WASM_START_SECTION "` has a reserved name",
                                   NULL);
    return 0;
}

int mocket__wasm_start_check(const struct mocket_wasm_module *m, struct mocket_buf *why)
{
    char type[MOCKET_WASM_TYPE_MAX];
    struct mocket_wasm_bytes r = m->sections[MOCKET_WASM_SECTION_START];
    int rc = check_names(m, why);
    if (rc < 0 || !r.at)
        return rc;
    uint32_t function = mocket__wasm_number(&r);
    if (r.bad || r.at != r.end)
        return mocket__wasm_refuse(m, why, "malformed: its start section cannot be read", NULL);
    mocket__wasm_type_text(m, function, type);
    if (!mocket__span_eq(mocket__span(type), MOCKET_SPAN(":")))
        return mocket__wasm_refuse(m, why, "its start section names a function of the type ", type,
                                   ", it must be : (no parameters, no results)", NULL);
    return 0;
}

/* The export of the start function, as a row of the export section. */
static void put_export(struct mocket_buf *out, struct mocket_wasm_bytes start)
{
    mocket__wasm_write_name(out, MOCKET_SPAN(MOCKET_WASM_START_EXPORT));
    mocket__wasm_write_byte(out, MOCKET_WASM_KIND_FUNCTION);
    mocket__wasm_write_number(out, mocket__wasm_number(&start));
}

static void put_exports(struct mocket_buf *out, struct mocket_wasm_bytes content, struct mocket_wasm_bytes start)
{
    struct mocket_buf made = { 0 };
    mocket__wasm_write_number(&made, mocket__wasm_number(&content) + 1);
    mocket__buf_span(&made, between(content.at, content.end));
    put_export(&made, start);
    mocket__wasm_write_section(out, MOCKET_WASM_SECTION_EXPORT, &made);
    mocket__buf_release(&made);
}

static void put_removed(struct mocket_buf *out, const struct whole *exports, const struct whole *start)
{
    struct mocket_buf made = { 0 };
    struct mocket_wasm_bytes rows = exports->content;
    mocket__wasm_number(&rows); /* the head ends in front of the first row */
    mocket__wasm_write_name(&made, MOCKET_SPAN(MOCKET_WASM_START_SECTION));
    mocket__wasm_write_name(&made, between(start->from, start->content.end));
    mocket__wasm_write_name(&made, between(exports->from, rows.at));
    mocket__wasm_write_section(out, MOCKET_WASM_SECTION_CUSTOM, &made);
    mocket__buf_release(&made);
}

void mocket__wasm_start_export(mocket_span wasm, struct mocket_buf *out)
{
    struct whole start, exports, section;
    struct mocket_wasm_bytes rest = mocket__wasm_sections(wasm);
    bool both =
        find_whole(wasm, MOCKET_WASM_SECTION_START, &start) && find_whole(wasm, MOCKET_WASM_SECTION_EXPORT, &exports);
    MOCKET_CHECK(both);
    if (!both)
        return;
    mocket__buf_span(out, between((const unsigned char *)wasm.ptr, rest.at));
    while (next_whole(&rest, &section))
        if (section.id == MOCKET_WASM_SECTION_START)
            put_removed(out, &exports, &start);
        else if (section.id == MOCKET_WASM_SECTION_EXPORT)
            put_exports(out, section.content, start.content);
        else
            mocket__buf_span(out, between(section.from, section.content.end));
}

/* ---- Back ---- */

/* What was removed, as the custom section has it. */
struct removed {
    mocket_span start, head;
};

static bool read_removed(mocket_span wasm, struct removed *removed)
{
    struct mocket_wasm_bytes r = mocket__wasm_custom_section(wasm, MOCKET_SPAN(MOCKET_WASM_START_SECTION));
    removed->start = mocket__wasm_name(&r);
    removed->head = mocket__wasm_name(&r);
    return !r.bad;
}

static bool is_removed(const struct whole *section)
{
    struct mocket_wasm_bytes r = section->content;
    return section->id == MOCKET_WASM_SECTION_CUSTOM &&
           mocket__span_eq(mocket__wasm_name(&r), MOCKET_SPAN(MOCKET_WASM_START_SECTION));
}

/* The export section as it was: its head, and its rows without the last one. */
static bool put_former_exports(struct mocket_buf *out, const struct removed *removed, struct mocket_wasm_bytes rows)
{
    struct mocket_buf last = { 0 };
    struct mocket_wasm_bytes start = { (const unsigned char *)removed->start.ptr,
                                       (const unsigned char *)removed->start.ptr + removed->start.len, false };
    struct mocket_wasm_bytes content = { NULL, NULL, true };
    uint32_t id;
    mocket__wasm_number(&rows);
    bool fits = mocket__wasm_next_section(&start, &id, &content) && !rows.bad;
    put_export(&last, content);
    fits = fits && last.status == 0 && last.len <= (size_t)(rows.end - rows.at);
    if (fits) {
        mocket__buf_span(out, removed->head);
        mocket__buf_span(out, between(rows.at, rows.end - last.len));
    }
    mocket__buf_release(&last);
    return fits;
}

/* Does the former module become this one? Else the custom section is not ours: it might show any module. */
static bool becomes(mocket_span former, mocket_span wasm)
{
    struct mocket_buf again = { 0 };
    if (!mocket__wasm_has_start(former) || mocket__wasm_section(former, MOCKET_WASM_SECTION_EXPORT).bad)
        return false;
    mocket__wasm_start_export(former, &again);
    bool same = again.status == 0 && mocket__span_eq(mocket__buf_view(&again), wasm);
    mocket__buf_release(&again);
    return same;
}

static bool put_former(mocket_span wasm, struct mocket_buf *out)
{
    struct removed removed;
    struct whole section;
    struct mocket_wasm_bytes rest = mocket__wasm_sections(wasm);
    bool fits = read_removed(wasm, &removed);
    if (!fits)
        return false;
    mocket__buf_span(out, between((const unsigned char *)wasm.ptr, rest.at));
    while (fits && next_whole(&rest, &section))
        if (is_removed(&section))
            mocket__buf_span(out, removed.start);
        else if (section.id == MOCKET_WASM_SECTION_EXPORT)
            fits = put_former_exports(out, &removed, section.content);
        else
            mocket__buf_span(out, between(section.from, section.content.end));
    return fits && !rest.bad && out->status == 0;
}

bool mocket__wasm_start_restore(mocket_span wasm, struct mocket_buf *out)
{
    size_t begin = out->len;
    return put_former(wasm, out) && becomes(mocket__span_slice(mocket__buf_view(out), begin, out->len), wasm);
}
