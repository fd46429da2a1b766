/* The places of the headers and of the guest library, relative to the running program. */
#ifndef MOCKET_CLI_HOME_H
#define MOCKET_CLI_HOME_H

#include <limits.h>

struct mocket__cli_home {
    char include[PATH_MAX]; /* the folder that holds mocket.h */
    char library[PATH_MAX]; /* libmocket.a for wasm */
};

/* 0, or 1 after a line on standard error that names the places where it looked. */
int mocket__cli_home_find(const char *verb, struct mocket__cli_home *home);

/* Writes the path of one of the tools that come with us into path. The same result. */
int mocket__cli_home_tool(const char *verb, const char *name, char path[PATH_MAX]);
/* Writes the folder of the host for JavaScript engines, with src/ and bundles/ in it, into path. The same result. */
int mocket__cli_home_js(const char *verb, char path[PATH_MAX]);

#endif
