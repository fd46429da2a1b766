/* A section holds its text and nothing else, but for two: the title is the component's name in `component-name`, and
 * `producers` names this command. */
#include "metadata.h"

#include "../../src/base/span.h"
#include "../../src/wasm/sections.h"
#include "../../src/wasm/write.h"

static void write_text(struct mocket_buf *out, const char *section, const char *text)
{
    struct mocket_buf content = { 0 };
    if (!text)
        return;
    mocket__wasm_write_name(&content, mocket__span(section));
    mocket__buf_text(&content, text);
    mocket__wasm_write_section(out, MOCKET_WASM_SECTION_CUSTOM, &content);
    mocket__buf_release(&content);
}

static void write_title(struct mocket_buf *out, const char *title)
{
    enum { COMPONENT = 0 }; /* the subsection */
    struct mocket_buf content = { 0 }, name = { 0 };
    mocket__wasm_write_name(&name, mocket__span(title));
    mocket__wasm_write_name(&content, MOCKET_SPAN("component-name"));
    mocket__wasm_write_section(&content, COMPONENT, &name);
    mocket__wasm_write_section(out, MOCKET_WASM_SECTION_CUSTOM, &content);
    mocket__buf_release(&name);
    mocket__buf_release(&content);
}

static void write_producers(struct mocket_buf *out)
{
    struct mocket_buf content = { 0 };
    mocket__wasm_write_name(&content, MOCKET_SPAN("producers"));
    mocket__wasm_write_number(&content, 1); /* field */
    mocket__wasm_write_name(&content, MOCKET_SPAN("processed-by"));
    mocket__wasm_write_number(&content, 1); /* tool */
    mocket__wasm_write_name(&content, MOCKET_SPAN("mocket"));
    mocket__wasm_write_name(&content, MOCKET_SPAN(MOCKET_VERSION));
    mocket__wasm_write_section(out, MOCKET_WASM_SECTION_CUSTOM, &content);
    mocket__buf_release(&content);
}

void bundle_metadata_write(const struct bundle_metadata *metadata, struct mocket_buf *out)
{
    write_title(out, metadata->title);
    write_producers(out);
#define BUNDLE_METADATA_SECTION(member, option, section, ...) write_text(out, section, metadata->member);
    BUNDLE_METADATA(BUNDLE_METADATA_SECTION)
#undef BUNDLE_METADATA_SECTION
}
