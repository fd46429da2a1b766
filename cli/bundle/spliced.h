/* What all component targets do: check, splice, metadata, mark. */
#ifndef MOCKET_CLI_BUNDLE_SPLICED_H
#define MOCKET_CLI_BUNDLE_SPLICED_H

#include "component.h"
#include "standard.h"

/* Checks that the app can be put into the component. Returns 0, or an exit code after the error was printed. */
int bundle_spliced_check(const struct bundle_app *app, const struct bundle_component *component);
/* Appends the component with the app, its metadata and the mark of the target. */
void bundle_spliced_write(const struct bundle_app *app, const struct bundle_component *component,
                          struct mocket_buf *out);

#endif
