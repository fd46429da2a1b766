/* How text looks on a terminal. In a pipe or a file it is plain, and with NO_COLOR or TERM=dumb too. */
#ifndef MOCKET_CLI_TERMINAL_H
#define MOCKET_CLI_TERMINAL_H

#include <stdbool.h>
#include <stdio.h>

#include <mocket.h>

enum cli_style { CLI_PLAIN, CLI_BOLD, CLI_ERROR, CLI_WARNING };

/* Returns whether the stream is a terminal that a person may be reading. */
bool mocket__cli_is_terminal(FILE *to);

/* Prints the sequence that begins a style; CLI_PLAIN ends all styles. Prints nothing where text stays plain. */
void mocket__cli_style(FILE *to, enum cli_style style);

/* Writes a text as printable characters (base/escape.h). Returns the number of bytes written. */
size_t mocket__cli_escaped(FILE *to, mocket_span text);

/* Writes a text that quotes a command line, an environment or a file. Line breaks stay; other control characters and
 * bytes that are not UTF-8 become \xHH, so that a name cannot send commands to a terminal. */
void mocket__cli_text(FILE *to, const char *text);

#endif
