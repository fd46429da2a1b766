/* What every host of WASI provides: clocks, random bytes, the log, memory, arguments and environment. */
#include "../../../src/base/deadline.h"
#include "../../../src/base/memory.h"
#include "../../../src/base/span.h"
#include "../core/preview1.h"
#include "landing.h"
#include "surroundings.h"
#include "wasi.h"

#define PAGE 65536u

extern char __heap_base, __heap_end; /* wasm-ld's: from the end of data and stack to the end of the first pages */

void *port_grow(size_t *len)
{
    static bool started;
    char *first = &__heap_base + (-(uintptr_t)&__heap_base & 15);
    size_t left = (size_t)(&__heap_end - first);
    if (!started && left >= *len) {
        started = true;
        *len = left;
        return first;
    }
    size_t pages = (*len + PAGE - 1) / PAGE, at = __builtin_wasm_memory_grow(0, pages);
    if (at == SIZE_MAX)
        return NULL;
    *len = pages * PAGE;
    return (void *)(uintptr_t)(at * PAGE);
}

uint64_t port_now_ns(int clock)
{
    union wasi_result ret;
    if (clock == MOCKET_ABI_MONOTONIC)
        return wasi_monotonic_now();
    wasi_wall_now(&ret);
    return ret.longs[0] * MOCKET_SECOND_NS + ret.words[2];
}

void port_random(void *to, size_t len)
{
    struct wasi_list list;
    struct landing_area before = landing_at(to, len);
    wasi_random_bytes(len, &list);
    landing_restore(before);
}

static void write_to(uint32_t stream, mocket_span text)
{
    enum { MOST = 4096 }; /* of one blocking-write-and-flush */
    union wasi_result ret = { { 0 } };
    while (text.len > 0 && ret.bytes[0] == 0) {
        mocket_span piece = mocket__span_slice(text, 0, MOST);
        wasi_write_now(stream, piece.ptr, piece.len, &ret);
        text = mocket__span_slice(text, piece.len, text.len);
    }
    if (ret.bytes[0] != 0 && ret.bytes[4] == 0)
        wasi_error_drop(ret.words[2]);
    wasi_write_drop(stream);
}

void port_log(int level, mocket_span line)
{
    static char text[MOCKET_LOG_LINE + 64];
    static const char *const words[] = { "error: ", "warning: ", "info: ", "debug: " };
    size_t len = 0;
    if (level <= MOCKET_LOG_DEBUG) {
        len = strlen(words[level]);
        memcpy(text, words[level], len);
    }
    memcpy(text + len, line.ptr, line.len);
    len += line.len;
    text[len++] = '\n';
    write_to(level == ADAPTER_OUTPUT ? wasi_stdout() : wasi_stderr(), (mocket_span){ text, len });
}

/* ---- Arguments and environment ---- */

static struct {
    mocket_span texts;
    size_t count;
    bool known;
} known[2];

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
        struct landing_area before = landing_mark();
        if (kind == PORT_ENVIRONMENT)
            wasi_environment(&rows);
        else
            wasi_arguments(&rows);
        known[kind].texts = join(rows, kind == PORT_ENVIRONMENT ? 2 : 1);
        known[kind].count = known[kind].texts.ptr ? rows.len : 0;
        known[kind].known = true;
        landing_restore(before);
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
