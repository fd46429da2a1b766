/* Types of functions, as text: "iiI:i" is parameters, a colon, results. i is i32, I i64, f f32, F f64, v v128, r
 * externref, `?` any other type (include/mocket_abi.h writes types in the same way). */
#ifndef MOCKET_WASM_TYPES_H
#define MOCKET_WASM_TYPES_H

#include "module.h"

#define MOCKET_WASM_TYPE_MAX 64 /* bytes of a type's text, its NUL included; longer types are cut */

/* The type of the function with this index, imported functions counted. "?" if it is not a plain function type. */
void mocket__wasm_type_text(const struct mocket_wasm_module *module, uint32_t function,
                            char text[MOCKET_WASM_TYPE_MAX]);

#endif
