/* Options with a value, for verbs that cannot use getopt: their words are partly another program's. */
#ifndef MOCKET_CLI_OPTION_H
#define MOCKET_CLI_OPTION_H

/* The value of argv[*at] when that is option `name`: joined to it (`-Os`, `--cc=x`) or the next word, which *at then
 * stands on. NULL: another option. "" when the value is missing. */
const char *mocket__cli_option_value(const char *name, char **argv, int *at);

#endif
