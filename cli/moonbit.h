/* `mocket build DIR`: an app in MoonBit. */
#ifndef MOCKET_CLI_MOONBIT_H
#define MOCKET_CLI_MOONBIT_H

/* The words of `mocket build`, argv[0] the verb. Returns the exit code. */
int mocket__cli_moonbit_build(char **argv);

#endif
