/* Functions of a module by what the module says of them: their places in its table, and their names. */
#ifndef MOCKET_WASM_FUNCTIONS_H
#define MOCKET_WASM_FUNCTIONS_H

#include "sections.h"

/* The function at a place of the first table, which is what a pointer to a function is in C. UINT32_MAX: none, or the
 * table is filled in another way than linkers do. */
uint32_t mocket__wasm_table_function(mocket_span wasm, uint32_t place);

/* The name of a function in the name section; "" when there is none. A view into wasm. */
mocket_span mocket__wasm_function_name(mocket_span wasm, uint32_t index);

#endif
