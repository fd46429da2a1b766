/* One option with a value, in the forms that compilers take. */
#include "option.h"

#include <stdbool.h>
#include <string.h>

const char *mocket__cli_option_value(const char *name, char **argv, int *at)
{
    const char *word = argv[*at];
    size_t len = strlen(name);
    if (strncmp(word, name, len) != 0)
        return NULL;
    if (word[len] == '\0')
        return argv[*at + 1] ? argv[++*at] : "";
    bool is_long = name[1] == '-';
    if (is_long)
        return word[len] == '=' ? word + len + 1 : NULL;
    return word + len;
}
