/* Everything that a guest may import, in tables: module, name, type, function. */
#ifndef MOCKET_HOSTS_C_GUEST_IMPORTS_H
#define MOCKET_HOSTS_C_GUEST_IMPORTS_H

#include <mocket_abi.h>

#include "../engine/engine.h"

struct guest_imports {
    const struct engine_import *rows;
    size_t count;
};

/* The functions of one file. data of each is a struct guest_instance. */
struct guest_imports guest_mocket_imports(void);    /* imports.c: docs/abi.md, section 2 */
struct guest_imports guest_wasi_imports(void);      /* wasi.c: wasi_snapshot_preview1 */
struct guest_imports guest_wasi_fd_imports(void);   /* wasi_fd.c: its fd_... */
struct guest_imports guest_wasi_path_imports(void); /* wasi_path.c: its path_... */
struct guest_imports guest_moonbit_imports(void);   /* moonbit.c: spectest, __moonbit_... */

/* The functions of docs/abi.md, section 2. */
#define GUEST_IMPORT_FUNCTION(name, ...) engine_function guest_import_##name;
MOCKET_ABI_IMPORTS(GUEST_IMPORT_FUNCTION)
#undef GUEST_IMPORT_FUNCTION

/* What a row is in a module in direct style: of some functions there is another one, which waits. */
const struct engine_import *guest_import_waiting(const struct engine_import *row);

/* NULL when nobody provides it. */
const struct engine_import *guest_import_find(mocket_span module, mocket_span name);

#endif
