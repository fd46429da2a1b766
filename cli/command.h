/* A command line under construction, and running it. */
#ifndef MOCKET_CLI_COMMAND_H
#define MOCKET_CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* A zeroed command is ready to use. The words are not copied. */
struct mocket__cli_command {
    char **words; /* NULL behind the last */
    size_t count;
    size_t cap;
    bool failed;       /* no memory: running it fails */
    const char *doing; /* what it compiles, for progress.h; NULL: nothing is said */
};

void mocket__cli_command_add(struct mocket__cli_command *c, const char *word);
void mocket__cli_command_release(struct mocket__cli_command *c);

/* One word as a shell takes it, in quotation marks where it needs them. */
void mocket__cli_print_word(const char *word, FILE *to);

/* Prints it as a shell would take it, to standard error. */
void mocket__cli_command_print(const struct mocket__cli_command *c);

/* Runs it and waits. An interrupt ends the command, not us, so that the caller can clean up. Returns the exit code, 128
 * + the signal that ended it, or -1 when it could not be started (told). */
int mocket__cli_command_run(const char *verb, const struct mocket__cli_command *c);

/* The exit code of a verb whose last command had that result: 0, 1 when it failed, or 128 + the signal. */
static inline int mocket__cli_command_code(int result)
{
    bool by_signal = result > 128 && result <= 128 + 64;
    return result == 0 || by_signal ? result : 1;
}

/* Runs it with its standard output in text, cut to the room and with a NUL behind it, and without its error output. The
 * same result. */
int mocket__cli_command_capture(const char *verb, const struct mocket__cli_command *c, char *text, size_t room);

/* Returns whether PATH has the program, or `name` itself if it contains a slash. */
bool mocket__cli_command_exists(const char *name);

#endif
