/* Which ES modules a file imports, so that no list of modules is kept anywhere. */
#ifndef MOCKET_CLI_BUNDLE_IMPORTS_H
#define MOCKET_CLI_BUNDLE_IMPORTS_H

#include <mocket.h>

/* Takes the next specifier, as it is written, from *at on. False at the end. It finds `import ... from 'x'`,
 * `import 'x'` and `export ... from 'x'` at the beginning of a line, and `import('x')` and `new URL('x'` anywhere.
 * tools/check-js refuses other forms in hosts/js. */
bool bundle_next_import(mocket_span text, size_t *at, mocket_span *specifier);

/* The file that a relative specifier in the file `from` names, both relative to the bundle: "mocket/node.js" and
 * "./node/load.js" are "mocket/node/load.js". False when it leads out of the bundle, or is too long. */
bool bundle_resolve(const char *from, mocket_span specifier, char *path, size_t room);

#endif
