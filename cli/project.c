/* The files are looked for by name; nothing is read. */
#include "project.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "complain.h"

static int is_there(const char *path)
{
    return access(path, R_OK) == 0;
}

void mocket__cli_project_find(struct cli_project *project)
{
    *project = (struct cli_project){ .kind = CLI_PROJECT_NONE };
    if (is_there("moon.pkg") || is_there("moon.pkg.json"))
        project->kind = CLI_PROJECT_MOONBIT;
    else if (is_there("src/main.c") && glob("src/*.c", 0, NULL, &project->sources) == 0)
        project->kind = CLI_PROJECT_C;
}

void mocket__cli_project_release(struct cli_project *project)
{
    if (project->kind == CLI_PROJECT_C)
        globfree(&project->sources);
    *project = (struct cli_project){ .kind = CLI_PROJECT_NONE };
}

int mocket__cli_project_wasm(const char *verb, const char **path)
{
    struct cli_project project;
    mocket__cli_project_find(&project);
    bool found = project.kind != CLI_PROJECT_NONE;
    mocket__cli_project_release(&project);
    if (!found && access(CLI_PROJECT_WASM, R_OK) < 0)
        return mocket__cli_misuse(verb, "no module: give a wasm file, as in `mocket %s app.wasm`", verb);
    if (access(CLI_PROJECT_WASM, R_OK) < 0)
        return mocket__cli_failure(verb, "%s: %s; `mocket build` makes it", CLI_PROJECT_WASM, strerror(errno));
    *path = CLI_PROJECT_WASM;
    return 0;
}
