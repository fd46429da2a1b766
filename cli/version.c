/* `mocket version`. */
#include <mocket.h>
#include <mocket_abi.h>
#include <stdio.h>

#include "verbs.h"

int mocket__cli_version(int argc, char **argv)
{
    if (argc > 1)
        return mocket__cli_misuse(argv[0], "takes no arguments");
    printf("mocket %s, guest ABI %d\n", mocket_version(), MOCKET_ABI_VERSION);
    return 0;
}
