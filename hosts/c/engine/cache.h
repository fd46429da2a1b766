/* Compiled modules on disk, so that a start does not compile again.
 *
 * TRUST   Compiled code runs with all rights of the host, so a user who can write to the cache controls the host. The
 *         folder and each file must belong to this user, and other users must not be able to write to them. This is
 *         checked on the open descriptor, and the file is read through that descriptor only. A file contains its key
 *         and a checksum. The path may lead through symbolic links.
 * FAULTS  A fault of the cache never fails a start: note gets a warning, and the module is compiled. */
#ifndef MOCKET_HOSTS_C_ENGINE_CACHE_H
#define MOCKET_HOSTS_C_ENGINE_CACHE_H

#include "compile.h"

#define ENGINE_CACHE_BYTES (UINT64_C(256) << 20) /* of all files together */
#define ENGINE_CACHE_KEY 32

struct engine_cache {
    int dir;                            /* -1: there is none */
    uint64_t max_bytes;                 /* beyond it the files that were not used for longest go */
    const struct compile_opts *compile; /* how modules are compiled; NULL: in this process, without limits */
    void (*note)(void *data, int level, mocket_span line); /* level: of enum mocket_log_level */
    void *data;
};

/* Opens, and makes if need be, a folder; path NULL: $XDG_CACHE_HOME/mocket/modules, else ~/.cache/mocket/modules. The
 * cache is usable afterwards in any case; without a folder it keeps nothing. 0; MOCKET_EDENIED: not ours alone;
 * MOCKET_EIO: another reason, MOCKET_ENOMEM. note, which may be NULL, has been told why. */
int engine_cache_open(struct engine_cache *cache, const char *path);
void engine_cache_close(struct engine_cache *cache);

/* Compiles a module, or finds it in the cache. As engine_module_open and compile_run. */
int engine_cache_module(struct engine_cache *cache, struct engine *engine, mocket_span bytes,
                        struct engine_module **out, struct mocket_buf *why);

/* The parts, for bytes of any kind. key: what the bytes are the only answer to. load: 0, MOCKET_EINVAL when there is no
 * such file or a bad one, which is removed; or MOCKET_ENOMEM. store keeps quiet about failures but for the note. */
int engine_cache_load(struct engine_cache *cache, const unsigned char key[ENGINE_CACHE_KEY], struct mocket_buf *out);
void engine_cache_store(struct engine_cache *cache, const unsigned char key[ENGINE_CACHE_KEY], mocket_span content);

#endif
