/* The files of templates/, which are linked with the command (cmake/templates.cmake). */
#ifndef MOCKET_CLI_TEMPLATE_H
#define MOCKET_CLI_TEMPLATE_H

#include <stddef.h>

struct cli_template {
    const char *path;  /* LANGUAGE/TEMPLATE/NAME, where the template `base` is part of all others; NULL: the end */
    const char *bytes; /* @NAME@ stands for the app's name */
    size_t len;
};

extern const struct cli_template mocket__cli_templates[];

#endif
