/* The binary form of a module (WebAssembly core specification, 5), as far as it is read here: sections, their numbers,
 * exports. Nothing is believed: every read is bounded, and what cannot be read is bad. */
#ifndef MOCKET_WASM_SECTIONS_H
#define MOCKET_WASM_SECTIONS_H

#include <mocket.h>

/* Ids of sections. */
enum {
    MOCKET_WASM_SECTION_CUSTOM,
    MOCKET_WASM_SECTION_TYPE,
    MOCKET_WASM_SECTION_IMPORT,
    MOCKET_WASM_SECTION_FUNCTION,
    MOCKET_WASM_SECTION_TABLE,
    MOCKET_WASM_SECTION_MEMORY,
    MOCKET_WASM_SECTION_GLOBAL,
    MOCKET_WASM_SECTION_EXPORT,
    MOCKET_WASM_SECTION_START,
    MOCKET_WASM_SECTION_ELEMENT,
    MOCKET_WASM_SECTION_CODE,
    MOCKET_WASM_SECTION_DATA,
    MOCKET_WASM_SECTION_DATA_COUNT,
    MOCKET_WASM_SECTION_TAG,
    MOCKET_WASM_SECTIONS
};

/* Kinds of imports and exports. */
enum {
    MOCKET_WASM_KIND_FUNCTION,
    MOCKET_WASM_KIND_TABLE,
    MOCKET_WASM_KIND_MEMORY,
    MOCKET_WASM_KIND_GLOBAL,
    MOCKET_WASM_KIND_TAG
};

/* What is said of a file whose last section is longer than the file. */
#define MOCKET_WASM_CUT "the file is truncated or malformed: a section is not complete"

struct mocket_wasm_bytes {
    const unsigned char *at, *end;
    bool bad; /* something was read that is not there */
};

uint32_t mocket__wasm_byte(struct mocket_wasm_bytes *bytes);
/* An unsigned LEB128 number of 32 bits. */
uint32_t mocket__wasm_number(struct mocket_wasm_bytes *bytes);
/* Skips a LEB128 number of any width. */
void mocket__wasm_skip_number(struct mocket_wasm_bytes *bytes);
/* Skips a value type or a reference type: a number, behind one of two prefixes for a reference. */
void mocket__wasm_skip_type(struct mocket_wasm_bytes *bytes);
/* The next len bytes as bytes of their own. */
struct mocket_wasm_bytes mocket__wasm_take(struct mocket_wasm_bytes *bytes, uint32_t len);

/* What a file is, by its first eight bytes. */
enum mocket_wasm_form { MOCKET_WASM_OTHER, MOCKET_WASM_MODULE, MOCKET_WASM_COMPONENT };
enum mocket_wasm_form mocket__wasm_form(mocket_span file);

/* Ids of sections of a component, as far as they are read here. Custom sections have the same id as in a module. */
enum {
    MOCKET_WASM_COMPONENT_MODULE = 1,
    MOCKET_WASM_COMPONENT_NESTED = 4,
    MOCKET_WASM_COMPONENT_IMPORT = 10,
    MOCKET_WASM_COMPONENT_EXPORT
};

/* All sections of a module; bad when it does not begin as a module does. */
struct mocket_wasm_bytes mocket__wasm_sections(mocket_span wasm);
/* All sections of a component, likewise. */
struct mocket_wasm_bytes mocket__wasm_component_sections(mocket_span file);
/* Takes the next section of them. False at the end, and where a section is not complete; rest->bad tells which. */
bool mocket__wasm_next_section(struct mocket_wasm_bytes *rest, uint32_t *id, struct mocket_wasm_bytes *content);
/* The content of a section, by its id; empty and bad when there is none. */
struct mocket_wasm_bytes mocket__wasm_section(mocket_span wasm, uint32_t id);
/* The content of the first custom section with this name, likewise; of a module or a component. */
struct mocket_wasm_bytes mocket__wasm_custom_section(mocket_span wasm, mocket_span name);
/* Takes a name: a length, and so many bytes. */
mocket_span mocket__wasm_name(struct mocket_wasm_bytes *bytes);
/* Bytes that the module's own memory begins with; 0 when it has none. */
uint64_t mocket__wasm_memory_bytes(mocket_span wasm);
/* Index of an exported function, or UINT32_MAX. */
uint32_t mocket__wasm_export_index(mocket_span wasm, mocket_span name);
/* The same for any kind. */
uint32_t mocket__wasm_find_export(mocket_span wasm, mocket_span name, uint32_t kind);
bool mocket__wasm_exports_memory(mocket_span wasm, mocket_span name);

/* What a module imports; kind is that of the format: 0 a function. */
struct mocket_wasm_import {
    mocket_span module, name;
    uint32_t kind;
    struct mocket_wasm_bytes content; /* what is behind the kind: of a function, the index of its type */
};
/* Takes the next import of the section, whose first number, the count, was taken. False when it cannot be read. */
bool mocket__wasm_next_import(struct mocket_wasm_bytes *rest, struct mocket_wasm_import *import);

#endif
