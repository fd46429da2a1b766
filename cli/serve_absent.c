/* `mocket serve` in a build without the wasm host: says how to get one. The build chooses between this file and
 * serve.c. */
#include <stdio.h>

#include "verbs.h"

static int run(int argc, char **argv)
{
    (void)argc;
    return mocket__cli_failure(argv[0],
                               "this build has no wasm host.\n"
                               "Run tools/setup, then build it with `make`.");
}

const struct cli_verb mocket__cli_serve = {
    .name = "serve",
    .summary = "serve a wasm file over HTTP",
    .usage =
        "usage: mocket serve app.wasm [options]\n"
        "\n"
        "This build has no wasm host. `make` builds it (tools/setup --check says what that needs).\n",
    .run = run,
};

const struct cli_verb mocket__cli_compile = {
    .name = "compile-child",
    .usage = "This build has no wasm host.\n",
    .run = run,
};
