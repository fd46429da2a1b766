/* The words of a command are an array, so no shell quoting is needed. */
#include "commands.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "complain.h"
#include "read.h"

static int make_folders(const char *folder)
{
    char path[4096];
    snprintf(path, sizeof path, "%s", folder);
    for (char *slash = strchr(path + 1, '/');; slash = strchr(slash + 1, '/')) {
        if (slash)
            *slash = '\0';
        if (mkdir(path, 0777) < 0 && errno != EEXIST)
            return -1;
        if (!slash)
            return 0;
        *slash = '/';
    }
}

int mocket__cli_commands_open(struct cli_commands *file, const char *verb, const char *folder)
{
    file->verb = verb;
    file->count = 0;
    int len = snprintf(file->path, sizeof file->path, "%s/compile_commands.json", folder);
    if (len < 0 || (size_t)len >= sizeof file->path)
        return mocket__cli_failure(verb, "%s: the path is too long", folder);
    file->to = make_folders(folder) == 0 ? fopen(file->path, "we") : NULL;
    if (!file->to)
        return mocket__cli_failure(verb, "%s: %s", file->path, strerror(errno));
    fputs("[", file->to);
    return 0;
}

static void text(const char *word, FILE *to)
{
    fputc('"', to);
    for (const char *p = word; *p; p++)
        if ((unsigned char)*p < 0x20)
            fprintf(to, "\\u%04x", (unsigned char)*p);
        else
            fprintf(to, "%s%c", *p == '"' || *p == '\\' ? "\\" : "", *p);
    fputc('"', to);
}

void mocket__cli_commands_add(struct cli_commands *file, const char *source, const struct mocket__cli_command *c)
{
    char folder[4096];
    fprintf(file->to, "%s\n  {\n    \"directory\": ", file->count++ ? "," : "");
    text(getcwd(folder, sizeof folder) ? folder : ".", file->to);
    fputs(",\n    \"file\": ", file->to);
    text(source, file->to);
    fputs(",\n    \"arguments\": [", file->to);
    for (size_t i = 0; i < c->count; i++) {
        fputs(i ? ", " : "", file->to);
        text(c->words[i], file->to);
    }
    fputs("]\n  }", file->to);
}

int mocket__cli_commands_close(struct cli_commands *file)
{
    fputs("\n]\n", file->to);
    int why = mocket__cli_close(file->to);
    return why == 0 ? 0 : mocket__cli_failure(file->verb, "%s: %s", file->path, strerror(why));
}
