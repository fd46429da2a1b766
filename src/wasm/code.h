/* Instructions of the binary form: their lengths, and the indices that they name. One table has all instructions that
 * are known: version 3 of the specification, threads, both forms of exceptions, wide arithmetic. */
#ifndef MOCKET_WASM_CODE_H
#define MOCKET_WASM_CODE_H

#include "sections.h"

/* Index spaces of a module. */
enum mocket_wasm_space {
    MOCKET_WASM_TYPES,
    MOCKET_WASM_FUNCTIONS,
    MOCKET_WASM_TABLES,
    MOCKET_WASM_MEMORIES,
    MOCKET_WASM_GLOBALS,
    MOCKET_WASM_TAGS,
    MOCKET_WASM_ELEMENTS,
    MOCKET_WASM_DATA,
    MOCKET_WASM_SPACES
};

/* Instructions that a caller tells apart. An instruction behind a prefix is prefix << 16 | number. */
enum mocket_wasm_op {
    MOCKET_WASM_BLOCK = 0x02,
    MOCKET_WASM_LOOP = 0x03,
    MOCKET_WASM_IF = 0x04,
    MOCKET_WASM_TRY = 0x06,
    MOCKET_WASM_END = 0x0b,
    MOCKET_WASM_CALL = 0x10,
    MOCKET_WASM_DELEGATE = 0x18,
    MOCKET_WASM_TRY_TABLE = 0x1f,
    MOCKET_WASM_GLOBAL_GET = 0x23,
    MOCKET_WASM_MEMORY_SIZE = 0x3f,
    MOCKET_WASM_MEMORY_GROW = 0x40,
    MOCKET_WASM_I32_CONST = 0x41,
    MOCKET_WASM_REF_FUNC = 0xd2
};

/* An index, and the bytes that write it: unsigned, or signed where a type may stand too. */
struct mocket_wasm_index {
    enum mocket_wasm_space space;
    uint32_t value;
    bool is_signed;
    const unsigned char *from, *to;
};

/* Called for each index, in the order of the bytes. A zeroed visitor skips them. */
struct mocket_wasm_visitor {
    void (*visit)(void *data, const struct mocket_wasm_index *index);
    void *data;
};

/* Takes an instruction with all that belongs to it, and returns it. An instruction that is not known is bad. */
uint32_t mocket__wasm_instruction(struct mocket_wasm_bytes *code, const struct mocket_wasm_visitor *visitor);
/* Takes an index of a space. */
uint32_t mocket__wasm_index(struct mocket_wasm_bytes *bytes, enum mocket_wasm_space space,
                            const struct mocket_wasm_visitor *visitor);
/* Takes a value type, a reference type, or the type of a block. */
void mocket__wasm_type(struct mocket_wasm_bytes *bytes, const struct mocket_wasm_visitor *visitor);
/* Takes the declared locals at the beginning of a function's body. */
void mocket__wasm_locals(struct mocket_wasm_bytes *body, const struct mocket_wasm_visitor *visitor);

#endif
