/* The verbs that run guests, in a build without the wasm host: they say how to get one. The build chooses between this
 * file and serve.c. */
#include <stdio.h>

#include "../hosts/c/engine/compile.h"
#include "engine.h"
#include "guest_verbs.h"
#include "verbs.h"

#define NO_HOST                                                                                                        \
    "\n"                                                                                                               \
    "This build has no wasm host. `make` builds it (tools/setup --check says what\n"                                   \
    "that needs).\n"

static int run(int argc, char **argv)
{
    (void)argc;
    return mocket__cli_failure(argv[0],
                               "this build has no wasm host.\n"
                               "Run tools/setup, then build it with `make`.");
}

const struct cli_verb mocket__cli_serve = {
    CLI_SERVE_LISTED,
    .usage = CLI_SERVE_USAGE NO_HOST,
    .run = run,
};

const struct cli_verb mocket__cli_fetch = {
    CLI_FETCH_LISTED,
    .usage = CLI_FETCH_USAGE NO_HOST,
    .run = run,
};

const struct cli_verb mocket__cli_routes = {
    CLI_ROUTES_LISTED,
    .usage = CLI_ROUTES_USAGE NO_HOST,
    .run = run,
};

const struct cli_verb mocket__cli_compile = {
    .name = COMPILE_VERB,
    .usage = "This build has no wasm host.\n",
    .run = run,
};

const char *mocket__cli_engine(void)
{
    return NULL;
}
