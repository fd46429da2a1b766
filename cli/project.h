/* What the present folder holds, for verbs that are given no name: a folder that `mocket new` made, or one of the same
 * form.
 *
 *     moon.pkg     an app in MoonBit, which is this folder
 *     src/main.c   an app in C: every C file of src */
#ifndef MOCKET_CLI_PROJECT_H
#define MOCKET_CLI_PROJECT_H

#include <glob.h>

#define CLI_PROJECT_WASM "app.wasm" /* what is built and served */

enum cli_project_kind { CLI_PROJECT_NONE, CLI_PROJECT_C, CLI_PROJECT_MOONBIT };

struct cli_project {
    enum cli_project_kind kind;
    glob_t sources; /* of C, sorted */
};

/* Looks at the present folder. Release the result. */
void mocket__cli_project_find(struct cli_project *project);
void mocket__cli_project_release(struct cli_project *project);
/* Sets *path to the app of the present folder, which was built before. Returns 0, or an exit code after a message. */
int mocket__cli_project_wasm(const char *verb, const char **path);

#endif
