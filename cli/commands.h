/* compile_commands.json (clang's JSON Compilation Database): how editors should read each source. */
#ifndef MOCKET_CLI_COMMANDS_H
#define MOCKET_CLI_COMMANDS_H

#include "command.h"

/* A file of such a database that is being written. Begin with mocket__cli_commands_open. */
struct cli_commands {
    const char *verb;
    char path[4096];
    FILE *to;
    int count;
};

/* Begins FOLDER/compile_commands.json and makes the folder. 0, or 1 after a message. */
int mocket__cli_commands_open(struct cli_commands *file, const char *verb, const char *folder);
/* Adds the command that compiles a source in the present folder. */
void mocket__cli_commands_add(struct cli_commands *file, const char *source, const struct mocket__cli_command *c);
/* 0, or 1 after a message. */
int mocket__cli_commands_close(struct cli_commands *file);

#endif
