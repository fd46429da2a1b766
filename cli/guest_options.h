/* Options of the verbs that run guests: what a guest is given, and its limits. Such a verb's own struct begins with a
 * struct cli_guest. */
#ifndef MOCKET_CLI_GUEST_OPTIONS_H
#define MOCKET_CLI_GUEST_OPTIONS_H

#include "../hosts/c/serve.h"
#include "options.h"

#define CLI_ENV_MAX 256

struct cli_guest {
    struct mocket_host_opts opts;
    char *env[CLI_ENV_MAX]; /* NAME=VALUE */
    size_t env_count;
    struct guest_dir dirs[GUEST_DIRS_MAX];
    char *dir_texts[GUEST_DIRS_MAX]; /* what their paths point into */
    size_t dir_count;
    struct guest_net nets[GUEST_NETS_MAX];
    size_t net_count;
};

/* MOCKET_LOG=debug stands for --verbose, where no option says otherwise. 0, or the exit code. */
int mocket__cli_guest_level(const char *verb, struct cli_guest *guest);
/* Points opts to what was granted. */
void mocket__cli_guest_complete(struct cli_guest *guest);
void mocket__cli_guest_release(struct cli_guest *guest);

/* The rows, for `shared` of a verb. */
extern const struct cli_option mocket__cli_guest_options[];

#endif
