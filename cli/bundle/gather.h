/* Makes the files of a bundle: the templates of a target, and the ES modules that their scripts import. */
#ifndef MOCKET_CLI_BUNDLE_GATHER_H
#define MOCKET_CLI_BUNDLE_GATHER_H

#include "template.h"

struct bundle_source {
    const char *verb;   /* for messages */
    const char *js;     /* folder of the JavaScript host: src/ and bundles/ */
    const char *target; /* a folder of bundles/ */
};

/* Adds them to files, sorted by name. words->modules is set. 0, or the exit code, told. */
int bundle_gather(const struct bundle_source *source, struct bundle_words *words, struct bundle_files *files);

#endif
