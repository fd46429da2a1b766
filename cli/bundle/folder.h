/* Writes the files of a bundle into a folder. */
#ifndef MOCKET_CLI_BUNDLE_FOLDER_H
#define MOCKET_CLI_BUNDLE_FOLDER_H

#include "files.h"

/* The folder is made if it is not there. One that holds something is refused unless `force`: files of the bundle then
 * replace their namesakes, and all others stay. 0, or the exit code, told; the folder may then hold a part. */
int bundle_folder_write(const char *verb, const char *folder, bool force, const struct bundle_files *files);

#endif
