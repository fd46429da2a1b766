/* `mocket version`. */
#include <mocket.h>
#include <mocket_abi.h>
#include <stdio.h>

#include "verbs.h"

static int run(int argc, char **argv)
{
    if (argc > 1)
        return mocket__cli_misuse(argv[0], "takes no arguments");
    printf("mocket %s, guest ABI %d\n", mocket_version(), MOCKET_ABI_VERSION);
    return 0;
}

const struct cli_verb mocket__cli_version = {
    .name = "version",
    .summary = "print the version",
    .usage = "usage: mocket version\n\nPrints the versions of the library and of the guest ABI.\n",
    .run = run,
};
