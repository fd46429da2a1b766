/* What shells need to complete the words of the command, made from the tables. */
#ifndef MOCKET_CLI_COMPLETIONS_H
#define MOCKET_CLI_COMPLETIONS_H

#include <stdio.h>

#include "options.h"

enum cli_shell { CLI_BASH, CLI_ZSH, CLI_FISH };
extern const char *const mocket__cli_shells[]; /* their names; the last one is NULL */

/* verbs ends with NULL. */
void mocket__cli_completions(const struct cli_verb *const *verbs, enum cli_shell shell, FILE *to);

#endif
