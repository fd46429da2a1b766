/* Values of options: numbers, sizes, times, choices, words. */
#ifndef MOCKET_CLI_VALUES_H
#define MOCKET_CLI_VALUES_H

#include "options.h"

/* Reads text as the value of an option into the struct at `into`. 0, or the exit code after a message. */
int mocket__cli_take(void *into, const struct cli_option *o, const struct cli_said *said, const char *text);

/* Writes the value that a wrong one probably stands for: 16M for 16MB. False: the value is right, or there is none. */
bool mocket__cli_mend(const struct cli_option *o, const char *text, char *better, size_t room);

#endif
