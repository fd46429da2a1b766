/* The verbs of the `mocket` command, one file each. A verb gets its own name as argv[0] and what followed it; it tells
 * what went wrong on standard error itself and returns the exit code: 0, 1 a failure, 2 a misuse. */
#ifndef MOCKET_CLI_VERBS_H
#define MOCKET_CLI_VERBS_H

#include "serve.h"

int mocket__cli_new(int argc, char **argv);
int mocket__cli_build(int argc, char **argv);
int mocket__cli_version(int argc, char **argv);

/* The manual of `verb` on standard output, the list of verbs for NULL. Returns 0, or 2 for a verb that does not
 * exist. */
int mocket__cli_help(const char *verb);

/* "mocket VERB: ..." on standard error. Returns 2, so that a verb can say `return mocket__cli_misuse(...)`. */
int mocket__cli_misuse(const char *verb, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The same without the hint at the manual. Returns 1. */
int mocket__cli_failure(const char *verb, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The manuals, beside the verbs they describe: whole lines, the first one "usage: mocket ...". */
extern const char *const mocket__cli_new_manual;
extern const char *const mocket__cli_build_manual;

#endif
