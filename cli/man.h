/* The manual page mocket(1), made from the tables. */
#ifndef MOCKET_CLI_MAN_H
#define MOCKET_CLI_MAN_H

#include <stdio.h>

#include "options.h"

/* verbs ends with NULL. */
void mocket__cli_man(const struct cli_verb *const *verbs, FILE *to);

#endif
