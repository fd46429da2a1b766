/* How much memory this process may have: the machine's, or less by a control group. */
#ifndef MOCKET_HOSTS_C_RAM_H
#define MOCKET_HOSTS_C_RAM_H

#include <mocket.h>

#define RAM_UNLIMITED UINT64_MAX

/* Bytes: the smaller of the machine's memory and the limit of the process's control groups. RAM_UNLIMITED when the
 * system does not tell. */
uint64_t ram_limit(void);

/* The smallest limit of the control groups that groups, the text of /proc/self/cgroup, names, and of those above them.
 * root: where control groups are mounted, "/sys/fs/cgroup". Version 2 and version 1; RAM_UNLIMITED: there is none. */
uint64_t ram_limit_of_groups(const char *root, mocket_span groups);

/* Bytes of memory that the process has now (its resident set); 0 when the system does not tell. */
uint64_t ram_resident(void);

#endif
