/* One file per module, named by its key: the SHA-256 of the module, the engine, its settings and the processor. So an
 * entry never changes, and two hosts that make the same entry at once make the same content: each writes its own file
 * and renames it into place. A reader sees a whole file or none. A file that a full disk or a crash left incomplete
 * fails its checksum.
 *
 *     "mocket cache 1\n\0" | key, 32 bytes | SHA-256 of the content | length, 8 bytes, little-endian | content
 *
 * Using a file renews its time. When the files exceed the bound, the oldest ones are removed. */
#include "cache.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../../../src/base/memory.h"
#include "../../../src/base/span.h"
#include "../../../src/base/word.h"
#include "../sha256.h"
#include "cpu.h"
#include "write_all.h"

#define MAGIC "mocket cache 1\n"
#define FILE_MAX (UINT64_C(1) << 30)
#define LEFTOVER_S 3600 /* a file that is unfinished for longer has lost its writer */
#define SUFFIX ".cwasm"
#define UNFINISHED ".new-"

static_assert(ENGINE_CACHE_KEY == HOST_SHA256_LEN, "a key is a SHA-256");

struct header {
    char magic[sizeof MAGIC];
    unsigned char key[ENGINE_CACHE_KEY];
    unsigned char sum[HOST_SHA256_LEN];
    unsigned char len[8];
};
static_assert(sizeof(struct header) == 88, "no padding");

struct name {
    char text[2 * ENGINE_CACHE_KEY + 32];
};

static void note(const struct engine_cache *cache, int level, const char *what, const char *why)
{
    if (!cache->note)
        return;
    struct mocket_buf line = { 0 };
    mocket__buf_text(&line, "module cache: ");
    mocket__buf_text(&line, what);
    mocket__buf_text(&line, why ? ": " : "");
    mocket__buf_text(&line, why ? why : "");
    cache->note(cache->data, level, mocket__buf_view(&line));
    mocket__buf_release(&line);
}

/* ---- The folder ---- */

/* $XDG_CACHE_HOME must be absolute to count, as its specification says. NULL: no home, or no memory. */
static char *default_path(void)
{
    const char *base = getenv("XDG_CACHE_HOME"), *below = "/mocket/modules";
    if (!base || base[0] != '/') {
        base = getenv("HOME");
        below = "/.cache/mocket/modules";
    }
    if (!base || base[0] != '/')
        return NULL;
    struct mocket_buf path = { 0 };
    mocket__buf_text(&path, base);
    mocket__buf_text(&path, below);
    char *copy = mocket__buf_status(&path) == 0 ? mocket__copy(path.ptr, path.len) : NULL;
    mocket__buf_release(&path);
    return copy;
}

/* Creates the missing folders of a path. The following open shows whether that worked. */
static void make_folders(char *path)
{
    for (char *at = path + 1; *at; at++) {
        if (*at != '/')
            continue;
        *at = '\0';
        mkdir(path, 0700);
        *at = '/';
    }
    mkdir(path, 0700);
}

static bool ours_alone(const struct stat *st)
{
    return st->st_uid == geteuid() && (st->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/* The path may lead through links, which systemd makes (CacheDirectory=): the folder at its end is what counts. */
static int open_folder(struct engine_cache *cache, char *path)
{
    struct stat st;
    make_folders(path);
    int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0 || fstat(dir, &st) < 0) {
        note(cache, MOCKET_LOG_WARN, path, strerror(errno));
        if (dir >= 0)
            close(dir);
        return MOCKET_EIO;
    }
    if (!ours_alone(&st)) {
        note(cache, MOCKET_LOG_WARN, path,
             "not used, because other users can write to it, or it belongs to another user");
        close(dir);
        return MOCKET_EDENIED;
    }
    cache->dir = dir;
    return 0;
}

int engine_cache_open(struct engine_cache *cache, const char *path)
{
    cache->dir = -1;
    cache->max_bytes = cache->max_bytes ? cache->max_bytes : ENGINE_CACHE_BYTES;
    char *copy = path ? mocket__copy(path, strlen(path)) : default_path();
    if (!copy) {
        note(cache, MOCKET_LOG_DEBUG, "no folder for compiled modules: neither XDG_CACHE_HOME nor HOME names one",
             NULL);
        return path ? MOCKET_ENOMEM : MOCKET_EIO;
    }
    int rc = open_folder(cache, copy);
    mocket__free(copy);
    return rc;
}

void engine_cache_close(struct engine_cache *cache)
{
    if (cache->dir >= 0)
        close(cache->dir);
    cache->dir = -1;
}

/* ---- Reading ---- */

static int read_exactly(int fd, void *to, size_t len)
{
    for (size_t at = 0; at < len;) {
        ssize_t n = read(fd, (char *)to + at, len - at);
        if (n == 0 || (n < 0 && errno != EINTR))
            return MOCKET_EINVAL;
        at += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

/* NULL, or what is wrong with the file. */
static const char *odd(const struct stat *st)
{
    if (!S_ISREG(st->st_mode))
        return "not a regular file";
    if (!ours_alone(st))
        return "other users can write to it, or it belongs to another user";
    if (st->st_nlink != 1)
        return "it has a second hard link";
    if ((uint64_t)st->st_size < sizeof(struct header) || (uint64_t)st->st_size > FILE_MAX)
        return "its size is wrong";
    return NULL;
}

/* Reads an entry. Returns NULL and the content in out, or the reason of a failure; *rc is MOCKET_ENOMEM if the only
 * reason is memory. */
static const char *read_entry(int fd, const unsigned char *key, struct mocket_buf *out, int *rc)
{
    struct stat st;
    struct header head;
    unsigned char sum[HOST_SHA256_LEN];
    const char *wrong = fstat(fd, &st) < 0 ? strerror(errno) : odd(&st);
    if (wrong)
        return wrong;
    size_t len = (size_t)st.st_size - sizeof head;
    if (read_exactly(fd, &head, sizeof head) < 0)
        return "it cannot be read";
    if (memcmp(head.magic, MAGIC, sizeof head.magic) != 0 || memcmp(head.key, key, sizeof head.key) != 0)
        return "it is not a file of the cache";
    if (mocket__load_u64(head.len) != len)
        return "it is not complete";
    char *room = mocket__buf_room(out, len ? len : 1);
    *rc = room ? *rc : MOCKET_ENOMEM;
    if (!room || read_exactly(fd, room, len) < 0)
        return room ? "it cannot be read" : "out of memory";
    host_sha256((mocket_span){ room, len }, sum);
    if (memcmp(sum, head.sum, sizeof sum) != 0)
        return "its checksum is wrong";
    out->len += len;
    return NULL;
}

static void name_of(const unsigned char *key, struct name *name)
{
    stpcpy(host_hex(name->text, key, ENGINE_CACHE_KEY), SUFFIX);
}

int engine_cache_load(struct engine_cache *cache, const unsigned char key[ENGINE_CACHE_KEY], struct mocket_buf *out)
{
    struct name name;
    int rc = MOCKET_EINVAL;
    if (cache->dir < 0)
        return rc;
    name_of(key, &name);
    int fd = openat(cache->dir, name.text, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return rc;
    const char *wrong = fd < 0 ? strerror(errno) : read_entry(fd, key, out, &rc);
    if (!wrong) {
        futimens(fd, NULL); /* marks it as used now; a failure does no harm */
        rc = 0;
    } else {
        note(cache, MOCKET_LOG_WARN, name.text, wrong);
        if (rc != MOCKET_ENOMEM)
            unlinkat(cache->dir, name.text, 0);
    }
    if (fd >= 0)
        close(fd);
    return rc;
}

/* ---- Room ---- */

struct entry {
    struct name name;
    uint64_t size;
    struct timespec used;
};

struct listing {
    struct entry *rows;
    size_t count, cap;
    uint64_t bytes;
};

/* Returns whether the name is that of an entry. Other files are never touched. */
static bool is_entry(const char *name)
{
    size_t len = strlen(name);
    return len == 2 * ENGINE_CACHE_KEY + sizeof SUFFIX - 1 && strcmp(name + 2 * ENGINE_CACHE_KEY, SUFFIX) == 0 &&
           strspn(name, "0123456789abcdef") >= 2 * ENGINE_CACHE_KEY;
}

static void list_one(struct engine_cache *cache, struct listing *l, const char *name)
{
    struct stat st;
    if (fstatat(cache->dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return;
    if (!is_entry(name)) {
        bool leftover = strncmp(name, UNFINISHED, sizeof UNFINISHED - 1) == 0 && time(NULL) - st.st_mtime > LEFTOVER_S;
        if (leftover)
            unlinkat(cache->dir, name, 0);
        return;
    }
    if (l->count == l->cap) {
        size_t cap = l->cap ? 2 * l->cap : 64;
        struct entry *rows = mocket__realloc(l->rows, cap * sizeof *rows);
        if (!rows)
            return; /* files that could not be listed stay until the next time */
        l->rows = rows;
        l->cap = cap;
    }
    struct entry *e = &l->rows[l->count++];
    stpcpy(e->name.text, name);
    e->size = (uint64_t)st.st_size;
    e->used = st.st_mtim;
    l->bytes += e->size;
}

static int older(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    if (x->used.tv_sec != y->used.tv_sec)
        return x->used.tv_sec < y->used.tv_sec ? -1 : 1;
    return x->used.tv_nsec < y->used.tv_nsec ? -1 : x->used.tv_nsec > y->used.tv_nsec;
}

static void make_room(struct engine_cache *cache, const char *keep)
{
    struct listing l = { 0 };
    int fd = openat(cache->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (!dir) {
        if (fd >= 0)
            close(fd);
        return;
    }
    for (struct dirent *d; (d = readdir(dir));)
        list_one(cache, &l, d->d_name);
    closedir(dir);
    if (l.bytes > cache->max_bytes)
        qsort(l.rows, l.count, sizeof *l.rows, older);
    for (size_t i = 0; i < l.count && l.bytes > cache->max_bytes; i++) {
        if (strcmp(l.rows[i].name.text, keep) == 0)
            continue;
        if (unlinkat(cache->dir, l.rows[i].name.text, 0) == 0)
            l.bytes -= l.rows[i].size;
    }
    mocket__free(l.rows);
}

/* ---- Writing ---- */

static int open_unfinished(struct engine_cache *cache, struct name *name)
{
    unsigned char chance[16];
    if (getrandom(chance, sizeof chance, 0) != sizeof chance)
        return -1;
    host_hex(stpcpy(name->text, UNFINISHED), chance, sizeof chance);
    return openat(cache->dir, name->text, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
}

void engine_cache_store(struct engine_cache *cache, const unsigned char key[ENGINE_CACHE_KEY], mocket_span content)
{
    struct header head = { .magic = MAGIC };
    struct name aside, name;
    if (cache->dir < 0 || content.len > cache->max_bytes || content.len > FILE_MAX - sizeof head)
        return;
    name_of(key, &name);
    memcpy(head.key, key, sizeof head.key);
    host_sha256(content, head.sum);
    mocket__store_u64(head.len, content.len);
    int fd = open_unfinished(cache, &aside);
    if (fd < 0) {
        note(cache, MOCKET_LOG_WARN, "cannot write to the folder", strerror(errno));
        return;
    }
    int rc = engine_write_all(fd, &head, sizeof head);
    if (rc == 0)
        rc = engine_write_all(fd, content.ptr, content.len);
    if (close(fd) < 0 || rc < 0 || renameat(cache->dir, aside.text, cache->dir, name.text) < 0) {
        note(cache, MOCKET_LOG_WARN, "cannot write the compiled module", strerror(errno));
        unlinkat(cache->dir, aside.text, 0);
        return;
    }
    make_room(cache, name.text);
}

/* ---- Modules ---- */

static int make_key(const struct engine *engine, mocket_span bytes, unsigned char key[ENGINE_CACHE_KEY])
{
    unsigned char module[HOST_SHA256_LEN];
    struct mocket_buf text = { 0 };
    host_sha256(bytes, module);
    mocket__buf_text(&text, engine_name());
    mocket__buf_text(&text, "\n");
    engine_describe(engine, &text);
    mocket__buf_text(&text, "\n");
    cpu_describe(&text);
    mocket__buf_text(&text, "\n");
    mocket__buf_add(&text, module, sizeof module);
    int rc = mocket__buf_status(&text);
    if (rc == 0)
        host_sha256(mocket__buf_view(&text), key);
    mocket__buf_release(&text);
    return rc;
}

static int load_module(struct engine_cache *cache, struct engine *engine, const unsigned char *key,
                       struct engine_module **out)
{
    struct mocket_buf code = { 0 }, why = { 0 };
    int rc = engine_cache_load(cache, key, &code);
    if (rc == 0 && (rc = engine_module_load(engine, mocket__buf_view(&code), out, &why)) < 0) {
        mocket__buf_add(&why, "", 1);
        note(cache, MOCKET_LOG_WARN, "the engine rejected the compiled module",
             mocket__buf_status(&why) == 0 ? why.ptr : NULL);
    }
    mocket__buf_release(&code);
    mocket__buf_release(&why);
    return rc;
}

/* A module that is to be compiled. */
struct fresh {
    struct engine *engine;
    mocket_span bytes;
    const unsigned char *key; /* NULL: it is not kept */
};

static int compile_here(struct engine_cache *cache, const struct fresh *f, struct engine_module **out,
                        struct mocket_buf *why)
{
    struct mocket_buf code = { 0 };
    int rc = engine_module_open(f->engine, f->bytes, out, why);
    if (rc == 0 && f->key && engine_module_save(*out, &code) == 0)
        engine_cache_store(cache, f->key, mocket__buf_view(&code));
    mocket__buf_release(&code);
    return rc;
}

static int compile_in_child(struct engine_cache *cache, const struct fresh *f, struct engine_module **out,
                            struct mocket_buf *why)
{
    struct compile_result result;
    int rc = compile_run(cache->compile, f->engine, f->bytes, &result, why);
    if (rc == 0)
        rc = engine_module_load(f->engine, result.code, out, why);
    if (rc == 0 && f->key)
        engine_cache_store(cache, f->key, result.code);
    compile_release(&result);
    return rc;
}

int engine_cache_module(struct engine_cache *cache, struct engine *engine, mocket_span bytes,
                        struct engine_module **out, struct mocket_buf *why)
{
    unsigned char key[ENGINE_CACHE_KEY];
    bool usable = cache->dir >= 0 && make_key(engine, bytes, key) == 0;
    if (usable && load_module(cache, engine, key, out) == 0) {
        note(cache, MOCKET_LOG_DEBUG, "found the compiled module", NULL);
        return 0;
    }
    if (usable)
        note(cache, MOCKET_LOG_DEBUG, "compiled the module", NULL);
    struct fresh fresh = { engine, bytes, usable ? key : NULL };
    return cache->compile ? compile_in_child(cache, &fresh, out, why) : compile_here(cache, &fresh, out, why);
}
