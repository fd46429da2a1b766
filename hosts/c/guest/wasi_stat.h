/* What preview 1 says about files, as bytes. */
#ifndef MOCKET_HOSTS_C_GUEST_WASI_STAT_H
#define MOCKET_HOSTS_C_GUEST_WASI_STAT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

struct guest_instance;
struct guest_files;

/* The number of a kind of file; 0 for what it has no word for. */
unsigned char wasi_type(mode_t mode);
/* Writes a filestat. 0 or MOCKET_EFAULT. */
int wasi_put_stat(const struct guest_instance *instance, uint32_t offset, const struct stat *st);
/* For utimensat, from two times in nanoseconds and the specification's flags; false when those are nonsense. */
bool wasi_times(uint64_t access_ns, uint64_t change_ns, uint32_t flags, struct timespec times[2]);

/* The files of an instance, made at their first use; NULL when no folder was granted. */
struct guest_files *guest_wasi_files(struct guest_instance *instance);

#endif
