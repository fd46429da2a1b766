/* `mocket build DIR`: an app in MoonBit. */
#ifndef MOCKET_CLI_MOONBIT_H
#define MOCKET_CLI_MOONBIT_H

#include <stdbool.h>
#include <stddef.h>

struct mocket__cli_moonbit {
    const char *verb;
    char **words; /* the folder, and NAME=FOLDER */
    size_t count;
    const char *out;      /* NULL: named after the folder */
    const char *target;   /* wasm or wasm-gc */
    const char *optimise; /* a level: 0 to 4, s or z */
    bool debug;           /* keep names of functions */
    bool verbose;         /* print the command */
};

/* Returns the exit code. */
int mocket__cli_moonbit_build(const struct mocket__cli_moonbit *build);

#endif
