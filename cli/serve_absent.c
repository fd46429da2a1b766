/* `mocket serve` in a build without the wasm host: says how to get one. The build chooses between this file and
 * serve.c. */
#include <stdio.h>

#include "verbs.h"

const char *const mocket__cli_serve_manual =
    "usage: mocket serve app.wasm [options]\n"
    "\n"
    "This build has no wasm host. `make` builds it (tools/setup --check says what that needs).\n";

int mocket__cli_serve(int argc, char **argv)
{
    (void)argc;
    return mocket__cli_failure(argv[0],
                               "this build has no wasm host.\n"
                               "Run tools/setup, then build it with `make`.");
}

const char *const mocket__cli_compile_manual = "This build has no wasm host.\n";

int mocket__cli_compile(int argc, char **argv)
{
    return mocket__cli_serve(argc, argv);
}
