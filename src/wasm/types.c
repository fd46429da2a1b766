/* The module was read, but its indexes are hostile: each is compared with its space. */
#include "types.h"

struct type_text {
    char *at, *end;
};

static void put(struct type_text *t, char c)
{
    if (t->at < t->end)
        *t->at++ = c;
}

static char letter_of(uint32_t type)
{
    switch (type) {
    case 0x7f:
        return 'i';
    case 0x7e:
        return 'I';
    case 0x7d:
        return 'f';
    case 0x7c:
        return 'F';
    case 0x7b:
        return 'v';
    case 0x6f:
        return 'r';
    default:
        return '?';
    }
}

static void put_types(struct type_text *t, struct mocket_wasm_bytes *r)
{
    for (uint32_t left = mocket__wasm_number(r); left > 0 && !r->bad; left--) {
        put(t, r->at < r->end ? letter_of(*r->at) : '?');
        mocket__wasm_skip_type(r);
    }
}

void mocket__wasm_type_text(const struct mocket_wasm_module *module, uint32_t function, char text[MOCKET_WASM_TYPE_MAX])
{
    struct type_text t = { text, text + MOCKET_WASM_TYPE_MAX - 1 };
    struct mocket_wasm_bytes r = { NULL, NULL, true };
    if (function < module->count[MOCKET_WASM_FUNCTIONS] && module->type_of[function] < module->count[MOCKET_WASM_TYPES])
        r = module->types[module->type_of[function]];
    if (r.bad) {
        put(&t, '?');
    } else {
        put_types(&t, &r);
        put(&t, ':');
        put_types(&t, &r);
    }
    *t.at = '\0';
}
