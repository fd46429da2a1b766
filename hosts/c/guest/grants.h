/* What the operator gives to guests: environment variables, folders, servers. The same for all instances. */
#ifndef MOCKET_HOSTS_C_GUEST_GRANTS_H
#define MOCKET_HOSTS_C_GUEST_GRANTS_H

#include <mocket.h>
#include <pthread.h>
#include <stdatomic.h>

#include "allow.h"

#define GUEST_DIRS_MAX 16

struct guest_dir {
    const char *host;  /* path, borrowed */
    const char *guest; /* the name it has for guests, borrowed */
    bool writable;
    bool renamed; /* guests can rename in it: it is writable, or lies above or below a folder that is */
    int fd;
};

struct guest_grants {
    const char *const *env; /* "NAME=VALUE", borrowed */
    size_t env_count;
    struct guest_dir dirs[GUEST_DIRS_MAX];
    size_t dir_count;
    struct guest_nets nets; /* servers that may be reached */
    atomic_int files_left;  /* how many more descriptors of files all instances may have together */
    bool writable;          /* one of the folders is: only then can guests rename */
    pthread_rwlock_t names; /* of the files in writable folders; initialized if writable */
};

/* Opens the folders, whose rows are filled in but for fd. 0; MOCKET_EIO: *failed is the one, errno tells why. */
int guest_grants_open(struct guest_grants *grants, const struct guest_dir **failed);
/* A descriptor for a file, or for the listing of a folder. False: there is none left. */
bool guest_grants_take_file(struct guest_grants *grants);
void guest_grants_give_file(struct guest_grants *grants);
void guest_grants_close(struct guest_grants *grants); /* after every instance */

/* Lock the names of the files in folders in which guests can rename, against renames by other instances. Whoever looks
 * at a name and then opens it holds the lock shared; whoever looks at a name and then renames it holds it alone. */
void guest_grants_share_names(struct guest_grants *grants);
void guest_grants_own_names(struct guest_grants *grants);
void guest_grants_free_names(struct guest_grants *grants); /* ends either */

#endif
