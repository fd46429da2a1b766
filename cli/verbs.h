/* The verbs of the `mocket` command, one file each. A verb reports errors on standard error itself and returns the exit
 * code: 0 success, 1 a failure, 2 a misuse. */
#ifndef MOCKET_CLI_VERBS_H
#define MOCKET_CLI_VERBS_H

#include "options.h"

extern const struct cli_verb mocket__cli_new;
extern const struct cli_verb mocket__cli_build;
extern const struct cli_verb mocket__cli_bundle;
extern const struct cli_verb mocket__cli_inspect;
extern const struct cli_verb mocket__cli_serve;   /* serve.c, or serve_absent.c in a build without the wasm host */
extern const struct cli_verb mocket__cli_compile; /* the child of `mocket serve` that compiles a module */
extern const struct cli_verb mocket__cli_version;

/* "mocket VERB: ..." on standard error. Returns 2, so that a verb can say `return mocket__cli_misuse(...)`. */
int mocket__cli_misuse(const char *verb, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The same without the hint at the manual. Returns 1. */
int mocket__cli_failure(const char *verb, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
