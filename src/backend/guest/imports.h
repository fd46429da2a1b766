/* The imports of docs/abi.md, section 2, as C functions named mocket__import_NAME. The linker leaves out an import that
 * nothing calls. */
#ifndef MOCKET_GUEST_IMPORTS_H
#define MOCKET_GUEST_IMPORTS_H

#include <mocket_abi.h>

#define MOCKET__IMPORT(name, minor, wait, result, ...)                                                                 \
    __attribute__((import_module(MOCKET_ABI_MODULE), import_name(#name))) MOCKET_ABI_C_##result mocket__import_##name( \
        MOCKET_ABI_PARAMETERS(__VA_ARGS__));
MOCKET_ABI_IMPORTS(MOCKET__IMPORT)
#undef MOCKET__IMPORT

#endif
