/* Any bytes as an app: merging them with an adapter ends, says why it refuses, and never writes a module in which an
 * index names a member that is not there. Merging is a function of its input. */
#pragma GCC diagnostic ignored "-Wshadow" /* files that are not made to be one */
#include "../../src/wasm/code.c"
#include "../../src/wasm/join.c"
#include "../../src/wasm/merge.c"
#include "../../src/wasm/module.c"
#include "../../src/wasm/rewrite.c"
#include "../../src/wasm/sections.c"
#include "../../src/wasm/write.c"
#include "fuzz.h"

/* (module (memory 33) (import "app" "mocket_alloc" (func (param i32) (result i32)))
 *   (global (export "__global_base") i32 (i32.const 0x1f0000)) (table 1 funcref) (elem (i32.const 0) 1)
 *   (func (export "mocket.drop") (param i32)) (func (export "_start") (drop (call 0 (i32.const 0))))) */
static const char adapter_bytes[] =
    "\0asm\1\0\0\0"
    "\1\x0d\3\x60\1\x7f\1\x7f\x60\1\x7f\0\x60\0\0"
    "\2\x14\1\3app\x0cmocket_alloc\0\0"
    "\3\3\2\1\2"
    "\4\4\1\x70\0\1"
    "\5\3\1\0\x21"
    "\6\x09\1\x7f\0\x41\x80\x80\xfc\0\x0b"
    "\7\x28\3\x0bmocket.drop\0\1\6_start\0\2\x0d__global_base\3\0"
    "\x09\7\1\0\x41\0\x0b\1\1"
    "\x0a\x0c\2\2\0\x0b\7\0\x41\0\x10\0\x1a\x0b";

static int merge(mocket_span app, struct mocket_buf *out)
{
    struct mocket_buf why = { 0 };
    const struct mocket_wasm_merge all = { app, { adapter_bytes, sizeof adapter_bytes - 1 }, MOCKET_SPAN("host"), 0 };
    int rc = mocket__wasm_merge(&all, out, &why);
    FUZZ_HOLDS(rc == 0 || rc == MOCKET_EINVAL || rc == MOCKET_ELIMIT);
    FUZZ_HOLDS((rc == 0) == (why.len == 0));
    FUZZ_HOLDS(!memmem(why.ptr ? why.ptr : "", why.len, "adapter:", 8));
    mocket__buf_release(&why);
    return rc;
}

static void copy_section(const struct mocket_wasm_map *map, uint32_t id, take_member *take)
{
    struct mocket_wasm_rewrite rw;
    struct mocket_buf copy = { 0 };
    mocket__wasm_rewrite_begin(&rw, map, map->from->sections[id], &copy);
    for (uint32_t left = map->from->entries[id]; left > 0 && !rw.in.bad; left--)
        take(&rw);
    FUZZ_HOLDS(!rw.in.bad && rw.in.at == rw.in.end);
    mocket__buf_release(&copy);
}

/* Reads what was made: with its own counts every index names a member. */
static void check(mocket_span made)
{
    struct mocket_wasm_module m;
    struct mocket_buf why = { 0 };
    FUZZ_HOLDS(mocket__wasm_module_read(&m, made, NULL, &why) == 0);
    FUZZ_HOLDS(m.count[MOCKET_WASM_MEMORIES] == 1);
    struct mocket_wasm_map map = { .from = &m };
    uint32_t functions = m.count[MOCKET_WASM_FUNCTIONS];
    map.functions = calloc(functions + 1, sizeof *map.functions);
    FUZZ_HOLDS(map.functions != NULL);
    for (uint32_t i = 0; i < functions; i++)
        map.functions[i] = i;
    copy_section(&map, MOCKET_WASM_SECTION_FUNCTION, take_function);
    copy_section(&map, MOCKET_WASM_SECTION_TABLE, take_table);
    copy_section(&map, MOCKET_WASM_SECTION_GLOBAL, take_global);
    copy_section(&map, MOCKET_WASM_SECTION_ELEMENT, take_element);
    copy_section(&map, MOCKET_WASM_SECTION_CODE, take_body);
    copy_section(&map, MOCKET_WASM_SECTION_DATA, take_data);
    free(map.functions);
    mocket__wasm_module_release(&m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mocket_buf out = { 0 }, again = { 0 };
    char *copy = fuzz_copy(fuzz_input(data, size));
    int rc = merge((mocket_span){ copy, size }, &out);
    FUZZ_HOLDS(merge((mocket_span){ copy, size }, &again) == rc);
    FUZZ_HOLDS(mocket__span_eq(mocket__buf_view(&out), mocket__buf_view(&again)));
    if (rc == 0)
        check(mocket__buf_view(&out));
    mocket__buf_release(&out);
    mocket__buf_release(&again);
    free(copy);
    return 0;
}
