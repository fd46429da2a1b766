/* A guest without the library: the imports of docs/abi.md as they are, and enough to answer with. */
#ifndef MOCKET_TESTS_ABI_GUEST_H
#define MOCKET_TESTS_ABI_GUEST_H

#include <mocket_abi.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IMPORT(module, name) __attribute__((import_module(module), import_name(name)))
#define EXPORT(name) __attribute__((export_name(name)))

/* Every import is do_NAME. */
#define DECLARE(name, minor, wait, result, ...)                                                                        \
    IMPORT(MOCKET_ABI_MODULE, #name) MOCKET_ABI_C_##result do_##name(MOCKET_ABI_PARAMETERS(__VA_ARGS__));
MOCKET_ABI_IMPORTS(DECLARE)
#undef DECLARE

/* A head without fields. */
static inline int answer(int req, int status, const char *text)
{
    const uint32_t head[MOCKET_ABI_HEAD_WORDS] = { (uint32_t)status, 0, 0, sizeof head };
    return do_respond(req, head, sizeof head, text, (uint32_t)strlen(text));
}

/* A head with one field. */
struct one_field {
    uint32_t words[MOCKET_ABI_HEAD_WORDS + MOCKET_ABI_ROW_WORDS];
    char text[64];
};

static inline int answer_field(int req, const char *name, const char *value)
{
    struct one_field head = { .words = { 200, 0, 1, 16, sizeof head.words, (uint32_t)strlen(name) } };
    head.words[6] = sizeof head.words + head.words[5];
    head.words[7] = (uint32_t)strlen(value);
    strcpy(head.text, name);
    strcat(head.text, value);
    return do_respond(req, &head, sizeof head, "", 0);
}

#endif
