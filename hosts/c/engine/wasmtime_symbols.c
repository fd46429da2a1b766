/* The types of a module's imports and exports as texts, which the linking code compares with the expected types.
 *
 * What must stay true: a text is complete, because calls check nothing. A type that none of our functions uses gets a
 * letter that matches no other. And wasm_valtype_kind ends the process on types it has no number for (v128, most
 * references): wasmtime_valtype_new does not. */
#include "wasmtime_symbols.h"

static char type_letter(const wasm_valtype_t *type)
{
    static const char letters[] = { [WASMTIME_VALTYPE_KIND_I32] = 'i',
                                    [WASMTIME_VALTYPE_KIND_I64] = 'I',
                                    [WASMTIME_VALTYPE_KIND_F32] = 'f',
                                    [WASMTIME_VALTYPE_KIND_F64] = 'F',
                                    [WASMTIME_VALTYPE_KIND_V128] = 'v' };
    wasmtime_valtype_t value;
    wasmtime_valtype_new(type, &value);
    char letter;
    if (value.kind != WASMTIME_VALTYPE_KIND_REF)
        letter = letters[value.kind];
    else if (value.reftype.nullable && value.reftype.heaptype.kind == WASMTIME_HEAPTYPE_KIND_EXTERN)
        letter = 'r';
    else
        letter = 'x'; /* a reference that no host function of ours deals in */
    wasmtime_valtype_delete(&value);
    return letter;
}

static const char *function_text(struct mocket_arena *a, const wasm_functype_t *type)
{
    const wasm_valtype_vec_t *params = wasm_functype_params(type), *results = wasm_functype_results(type);
    char *text = mocket__arena_alloc(a, params->size + results->size + 2);
    if (!text)
        return "";
    char *at = text;
    for (size_t i = 0; i < params->size; i++)
        *at++ = type_letter(params->data[i]);
    *at++ = ':';
    for (size_t i = 0; i < results->size; i++)
        *at++ = type_letter(results->data[i]);
    *at = '\0';
    return text;
}

static void symbol_type(struct mocket_arena *a, const wasm_externtype_t *type, struct engine_symbol *s)
{
    s->type = "";
    switch (wasm_externtype_kind(type)) {
    case WASM_EXTERN_FUNC:
        s->kind = ENGINE_FUNCTION;
        s->type = function_text(a, wasm_externtype_as_functype_const(type));
        break;
    case WASM_EXTERN_MEMORY: {
        const wasm_memorytype_t *memory = wasm_externtype_as_memorytype_const(type);
        s->kind = ENGINE_MEMORY;
        s->type = wasmtime_memorytype_isshared(memory) ? "shared" : wasmtime_memorytype_is64(memory) ? "64" : "32";
        break;
    }
    case WASM_EXTERN_TABLE:
        s->kind = ENGINE_TABLE;
        break;
    case WASM_EXTERN_GLOBAL:
        s->kind = ENGINE_GLOBAL;
        break;
    default:
        s->kind = ENGINE_OTHER;
    }
}

static mocket_span name_copy(struct mocket_arena *a, const wasm_name_t *name)
{
    return mocket__arena_copy(a, (mocket_span){ name->size ? name->data : "", name->size });
}

struct engine_symbols symbols_of_imports(struct mocket_arena *a, const wasm_importtype_vec_t *types)
{
    struct engine_symbol *rows = mocket__arena_zero(a, types->size * sizeof *rows);
    for (size_t i = 0; rows && i < types->size; i++) {
        rows[i].module = name_copy(a, wasm_importtype_module(types->data[i]));
        rows[i].name = name_copy(a, wasm_importtype_name(types->data[i]));
        symbol_type(a, wasm_importtype_type(types->data[i]), &rows[i]);
    }
    return (struct engine_symbols){ rows, rows ? types->size : 0 };
}

struct engine_symbols symbols_of_exports(struct mocket_arena *a, const wasm_exporttype_vec_t *types)
{
    struct engine_symbol *rows = mocket__arena_zero(a, types->size * sizeof *rows);
    for (size_t i = 0; rows && i < types->size; i++) {
        rows[i].name = name_copy(a, wasm_exporttype_name(types->data[i]));
        symbol_type(a, wasm_exporttype_type(types->data[i]), &rows[i]);
    }
    return (struct engine_symbols){ rows, rows ? types->size : 0 };
}
