/* "Did you mean": which known name a mistyped word probably stands for. */
#ifndef MOCKET_CLI_NEAR_H
#define MOCKET_CLI_NEAR_H

#include <stdbool.h>
#include <stddef.h>

/* Collects candidates. Begin with { .word, .len }; at the end `name` is the likely one, or NULL. */
struct cli_near {
    const char *word; /* what was typed */
    size_t len;
    const char *name; /* the best candidate so far */
    size_t
        cost; /* of it: 0 for a word that other programs have for the same thing, 1 for a beginning, more for edits */
    bool is_ambiguous; /* two candidates are equally good */
};

/* Looks at a candidate. also: words that people type for it, parted by blanks; may be NULL. */
void mocket__cli_near_add(struct cli_near *near, const char *name, const char *also);

/* Returns the likely name, or NULL if there is none or several are equally likely. */
const char *mocket__cli_near_best(const struct cli_near *near);

#endif
