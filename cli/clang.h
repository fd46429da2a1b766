/* The C compiler for wasm: finding it, finding its headers, and explaining its failures. */
#ifndef MOCKET_CLI_CLANG_H
#define MOCKET_CLI_CLANG_H

#include <limits.h>
#include <stdbool.h>

#include "command.h"

/* Writes the program to use into cc: `chosen`, unless that is NULL. 0, or 1 after a line on standard error. */
int mocket__cli_clang_find(const char *verb, const char *chosen, char cc[PATH_MAX]);

/* Adds the options that make clang search WASI's headers and its own, and not this system's, which are for other
 * programs. `user` has the user's words: nothing is added when they choose a sysroot. The words point into folder. */
void mocket__cli_clang_headers(struct mocket__cli_command *c, const struct mocket__cli_command *user,
                               char folder[PATH_MAX]);

/* The command failed. Prints which parts of the compiler, and which headers, are missing. Slow as compiling. */
void mocket__cli_clang_tell_missing(const char *verb, const struct mocket__cli_command *failed);

#endif
