/* Writes the files of a bundle into a folder. */
#ifndef MOCKET_CLI_BUNDLE_FOLDER_H
#define MOCKET_CLI_BUNDLE_FOLDER_H

#include "files.h"

/* Writes the files into the folder, which is made if it does not exist. Without `force` a folder that is not empty is
 * refused. With `force` the bundle's files replace files of the same names; all other files stay. Returns 0, or an exit
 * code after the error was printed; the folder may then hold a part of the bundle. */
int bundle_folder_write(const char *verb, const char *folder, bool force, const struct bundle_files *files);

#endif
