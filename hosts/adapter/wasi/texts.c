/* The texts are read once, when the app asks for them the first time. */
#include "texts.h"

#include "../../../src/base/memory.h"
#include "imports.h"
#include "landing.h"

static struct {
    mocket_span texts;
    size_t count;
    bool known;
} known[2];

static void read_rows(enum port_text_kind kind, struct wasi_list *rows)
{
    struct landing_point before = landing_mark();
    if (kind == PORT_ENVIRONMENT)
        wasi_environment(rows);
    else
        wasi_arguments(rows);
    landing_release(before);
}

/* Joins texts, a NUL behind each. per_row: 2 for pairs, which get `=` between them. */
static mocket_span join(struct wasi_list rows, size_t per_row)
{
    const mocket_span *texts = (const mocket_span *)(uintptr_t)rows.ptr;
    size_t len = 0, at = 0, count = rows.len * per_row;
    for (size_t i = 0; i < count; i++)
        len += texts[i].len + 1;
    char *joined = len > 0 ? mocket__realloc(NULL, len) : NULL;
    for (size_t i = 0; joined && i < count; i++) {
        memcpy(joined + at, texts[i].ptr, texts[i].len);
        at += texts[i].len;
        joined[at++] = per_row == 2 && i % 2 == 0 ? '=' : '\0';
    }
    return (mocket_span){ joined, joined ? len : 0 };
}

mocket_span port_texts(enum port_text_kind kind, size_t *count)
{
    if (!known[kind].known) {
        struct wasi_list rows = { NULL, 0 };
        read_rows(kind, &rows);
        known[kind].texts = join(rows, kind == PORT_ENVIRONMENT ? 2 : 1);
        known[kind].count = known[kind].texts.ptr ? rows.len : 0;
        known[kind].known = true;
    }
    *count = known[kind].count;
    return known[kind].texts;
}

void wasi_arguments_drop(size_t count)
{
    mocket_span *texts = &known[PORT_ARGUMENTS].texts;
    char *joined = (char *)texts->ptr;
    for (; count > 0 && known[PORT_ARGUMENTS].count > 1; count--, known[PORT_ARGUMENTS].count--) {
        size_t first = strlen(joined) + 1, len = strlen(joined + first) + 1;
        texts->len -= len;
        memmove(joined + first, joined + first + len, texts->len - first);
    }
}
