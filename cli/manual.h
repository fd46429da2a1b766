/* Help texts on a terminal: 80 columns, made from the tables. */
#ifndef MOCKET_CLI_MANUAL_H
#define MOCKET_CLI_MANUAL_H

#include <stdio.h>

#include "options.h"

/* The text of `mocket help VERB`. */
void mocket__cli_manual(const struct cli_verb *verb, FILE *to);

/* The text of `mocket help`. verbs ends with NULL. */
void mocket__cli_manual_list(const struct cli_verb *const *verbs, FILE *to);

/* "-o, --out FILE", as the help text and the manual page name an option. */
#define CLI_LABEL_MAX 80
void mocket__cli_label(const struct cli_option *o, char label[CLI_LABEL_MAX]);

/* "(default: 30s; may be repeated)", or "" */
#define CLI_INITIAL_MAX 200
void mocket__cli_initial(const struct cli_option *o, char text[CLI_INITIAL_MAX]);

#endif
