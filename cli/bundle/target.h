/* The targets of `mocket bundle` that are JavaScript platforms. */
#ifndef MOCKET_CLI_BUNDLE_TARGET_H
#define MOCKET_CLI_BUNDLE_TARGET_H

/* Names, which end with NULL. Each is a folder below hosts/js/bundles, and a bundle has a file mocket/NAME.js. */
extern const char *const bundle_script_targets[];

#endif
