/* Error messages of the command, and the exit codes that belong to them. */
#ifndef MOCKET_CLI_COMPLAIN_H
#define MOCKET_CLI_COMPLAIN_H

/* "mocket VERB: ..." on standard error. Returns 2, so that a verb can say `return mocket__cli_misuse(...)`. */
int mocket__cli_misuse(const char *verb, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The same without the hint at the manual. Returns 1. */
int mocket__cli_failure(const char *verb, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
