/* The verbs of the `mocket` command, one file each. A verb reports errors on standard error itself (complain.h) and
 * returns the exit code: 0 success, 1 a failure, 2 a misuse. */
#ifndef MOCKET_CLI_VERBS_H
#define MOCKET_CLI_VERBS_H

#include "complain.h"
#include "options.h"

extern const struct cli_verb mocket__cli_new;
extern const struct cli_verb mocket__cli_build;
extern const struct cli_verb mocket__cli_bundle;
extern const struct cli_verb mocket__cli_inspect;
extern const struct cli_verb mocket__cli_serve;   /* serve.c, or serve_absent.c in a build without the wasm host */
extern const struct cli_verb mocket__cli_fetch;   /* likewise */
extern const struct cli_verb mocket__cli_routes;  /* likewise */
extern const struct cli_verb mocket__cli_compile; /* the child of `mocket serve` that compiles a module */
extern const struct cli_verb mocket__cli_version;
extern const struct cli_verb mocket__cli_help;

/* All of them, in the order of the list of verbs. The last one is NULL. */
extern const struct cli_verb *const mocket__cli_verbs[];

/* Returns the verb of that name; --help, -h, --version and -V are names too. NULL: there is none. */
const struct cli_verb *mocket__cli_verb_find(const char *name);

/* Reports that there is no such verb, and names the likely one. Returns 2. */
int mocket__cli_verb_unknown(const char *name);

#endif
