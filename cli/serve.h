/* `mocket serve`: runs a guest behind the C host. serve.c when the build has the wasm host, serve_absent.c when not. */
#ifndef MOCKET_CLI_SERVE_H
#define MOCKET_CLI_SERVE_H

/* argv[0] is the verb's own name. Returns the exit code: 0, 1 a failure that was told, 2 a misuse. */
int mocket__cli_serve(int argc, char **argv);

/* A child of `mocket serve`, which compiles a module. It has no line in the list of verbs. */
int mocket__cli_compile(int argc, char **argv);
extern const char *const mocket__cli_compile_manual;

/* What `mocket help serve` prints: whole lines, the first one "usage: mocket serve ...". main.c answers --help with
 * it. */
extern const char *const mocket__cli_serve_manual;

#endif
