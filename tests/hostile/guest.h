/* A guest without the library: the imports of docs/abi.md as they are, and enough to answer with. */
#ifndef MOCKET_TESTS_HOSTILE_GUEST_H
#define MOCKET_TESTS_HOSTILE_GUEST_H

#include <mocket_abi.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IMPORT(module, name) __attribute__((import_module(module), import_name(name)))
#define EXPORT(name) __attribute__((export_name(name)))

IMPORT("mocket", "option") int do_option(int key, int64_t value);
IMPORT("mocket", "listen") int do_listen(int version, int flags, const void *address, uint32_t len);
IMPORT("mocket", "respond")
int do_respond(int req, const void *head, uint32_t head_len, const void *body, uint32_t len);
IMPORT("mocket", "respond_begin") int do_respond_begin(int req, const void *head, uint32_t len);
IMPORT("mocket", "body_write") int do_body_write(int sink, const void *bytes, uint32_t len);
IMPORT("mocket", "body_end") int do_body_end(int sink);
IMPORT("mocket", "body_read") int do_body_read(int source, void *bytes, uint32_t cap);
IMPORT("mocket", "deadline") int do_deadline(int req, uint32_t ms);
IMPORT("mocket", "log") void do_log(int level, const void *text, uint32_t len);
IMPORT("mocket", "now") int64_t do_now(int clock);
IMPORT("mocket", "random") void do_random(void *bytes, uint32_t len);

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
