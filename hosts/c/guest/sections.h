/* The binary form of a module (WebAssembly core specification, 5), as far as it is read here: sections, their numbers,
 * exports. Nothing is believed: every read is bounded, and what cannot be read is bad. */
#ifndef MOCKET_HOSTS_C_GUEST_SECTIONS_H
#define MOCKET_HOSTS_C_GUEST_SECTIONS_H

#include <mocket.h>

/* Ids of sections. */
enum {
    GUEST_SECTION_CUSTOM,
    GUEST_SECTION_IMPORT = 2,
    GUEST_SECTION_FUNCTION,
    GUEST_SECTION_MEMORY = 5,
    GUEST_SECTION_GLOBAL,
    GUEST_SECTION_EXPORT,
    GUEST_SECTION_ELEMENT = 9,
    GUEST_SECTION_CODE
};

struct guest_bytes {
    const unsigned char *at, *end;
    bool bad; /* something was read that is not there */
};

uint32_t guest_byte(struct guest_bytes *bytes);
/* An unsigned LEB128 number of 32 bits. */
uint32_t guest_number(struct guest_bytes *bytes);
/* The next len bytes as bytes of their own. */
struct guest_bytes guest_take(struct guest_bytes *bytes, uint32_t len);

/* All sections of a module; bad when it does not begin as a module does. */
struct guest_bytes guest_sections(mocket_span wasm);
/* Takes the next section of them. False at the end, and where a section is not complete; rest->bad tells which. */
bool guest_next_section(struct guest_bytes *rest, uint32_t *id, struct guest_bytes *content);
/* The content of a section, by its id; empty and bad when there is none. */
struct guest_bytes guest_section(mocket_span wasm, uint32_t id);
/* The content of the first custom section with this name, likewise. */
struct guest_bytes guest_custom_section(mocket_span wasm, mocket_span name);
/* Takes a name: a length, and so many bytes. */
mocket_span guest_name(struct guest_bytes *bytes);
/* Bytes that the module's own memory begins with; 0 when it has none. */
uint64_t guest_memory_bytes(mocket_span wasm);
/* Index of an exported function, or UINT32_MAX. */
uint32_t guest_export_index(mocket_span wasm, mocket_span name);

#endif
