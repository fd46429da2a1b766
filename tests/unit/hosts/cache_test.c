/* The cache of compiled modules: what it keeps, and everything that it must not believe. */
#include "tests/unit/unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>

#include "hosts/c/engine/cache.h"

struct fixture {
    char folder[64];
    char path[128]; /* of the cache */
    struct engine_cache cache;
    struct mocket_buf notes;
};

static void take_note(void *data, int level, mocket_span line)
{
    static const char letters[] = { [MOCKET_LOG_ERROR] = 'E', [MOCKET_LOG_WARN] = 'W', [MOCKET_LOG_DEBUG] = 'D' };
    struct mocket_buf *notes = data;
    mocket__buf_add(notes, &letters[level], 1);
    mocket__buf_text(notes, " ");
    mocket__buf_span(notes, line);
    mocket__buf_text(notes, "\n");
}

static bool noted(const struct fixture *f, const char *text)
{
    return f->notes.len > 0 && memmem(f->notes.ptr, f->notes.len, text, strlen(text)) != NULL;
}

static void open_cache(struct fixture *f)
{
    f->cache = (struct engine_cache){ .note = take_note, .data = &f->notes };
    assert_int_equal(engine_cache_open(&f->cache, f->path), 0);
}

static int setup(void **state)
{
    static struct fixture f;
    f = (struct fixture){ .folder = "/tmp/mocket-cache-XXXXXX" };
    assert_non_null(mkdtemp(f.folder));
    snprintf(f.path, sizeof f.path, "%s/a/modules", f.folder);
    open_cache(&f);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    char command[128];
    engine_cache_close(&f->cache);
    mocket__buf_release(&f->notes);
    snprintf(command, sizeof command, "rm -rf %s", f->folder);
    return system(command);
}

static const unsigned char *key(unsigned char fill)
{
    static unsigned char bytes[ENGINE_CACHE_KEY];
    memset(bytes, fill, sizeof bytes);
    return bytes;
}

static const char *entry(const struct fixture *f, unsigned char fill)
{
    static char path[256];
    char *at = path + snprintf(path, sizeof path, "%s/", f->path);
    for (int i = 0; i < ENGINE_CACHE_KEY; i++)
        at += sprintf(at, "%02x", fill);
    strcpy(at, ".cwasm");
    return path;
}

/* 0 and the content, as load gives it. */
static int load(struct fixture *f, unsigned char fill, const char *want)
{
    struct mocket_buf out = { 0 };
    int rc = engine_cache_load(&f->cache, key(fill), &out);
    if (rc == 0)
        unit_same(mocket__buf_view(&out), mocket__span(want), fill);
    mocket__buf_release(&out);
    return rc;
}

static size_t count_files(const struct fixture *f)
{
    size_t count = 0;
    DIR *dir = opendir(f->path);
    assert_non_null(dir);
    for (struct dirent *d; (d = readdir(dir));)
        count += d->d_name[0] != '.' || strncmp(d->d_name, ".new-", 5) == 0;
    closedir(dir);
    return count;
}

static void keeps_and_finds(void **state)
{
    struct fixture *f = *state;
    struct stat st;
    assert_int_equal(load(f, 1, ""), MOCKET_EINVAL);
    engine_cache_store(&f->cache, key(1), MOCKET_SPAN("content"));
    engine_cache_store(&f->cache, key(2), MOCKET_SPAN(""));
    assert_int_equal(load(f, 1, "content"), 0);
    assert_int_equal(load(f, 2, ""), 0);
    assert_int_equal(f->notes.len, 0);
    assert_int_equal(stat(f->path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_int_equal(stat(entry(f, 1), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(count_files(f), 2);
}

/* A file is changed in some way: it is not believed, that is told, and it is gone afterwards. */
static void refuses(struct fixture *f, const char *why)
{
    assert_int_equal(load(f, 1, ""), MOCKET_EINVAL);
    if (!noted(f, why))
        fail_msg("no \"%s\" in: %.*s", why, (int)f->notes.len, f->notes.ptr);
    assert_int_equal(access(entry(f, 1), F_OK), -1);
    mocket__buf_reset(&f->notes);
    engine_cache_store(&f->cache, key(1), MOCKET_SPAN("content"));
    assert_int_equal(load(f, 1, "content"), 0);
}

static void poke(struct fixture *f, off_t at, int flip)
{
    unsigned char byte;
    int fd = open(entry(f, 1), O_RDWR);
    assert_true(fd >= 0);
    assert_int_equal(pread(fd, &byte, 1, at), 1);
    byte ^= (unsigned char)flip;
    assert_int_equal(pwrite(fd, &byte, 1, at), 1);
    close(fd);
}

static void refuses_each_changed_byte(void **state)
{
    struct fixture *f = *state;
    struct stat st;
    engine_cache_store(&f->cache, key(1), MOCKET_SPAN("content"));
    assert_int_equal(stat(entry(f, 1), &st), 0);
    for (off_t at = 0; at < st.st_size; at++) {
        poke(f, at, 0x10);
        refuses(f, ".cwasm: it");
    }
}

static void refuses_each_cut(void **state)
{
    struct fixture *f = *state;
    struct stat st;
    engine_cache_store(&f->cache, key(1), MOCKET_SPAN("content"));
    assert_int_equal(stat(entry(f, 1), &st), 0);
    for (off_t len = 0; len < st.st_size; len++) {
        assert_int_equal(truncate(entry(f, 1), len), 0);
        refuses(f, ".cwasm: it");
    }
    assert_int_equal(truncate(entry(f, 1), st.st_size + 1), 0);
    refuses(f, "not complete");
}

static void refuses_another_keys_content(void **state)
{
    struct fixture *f = *state;
    char other[256];
    strcpy(other, entry(f, 2));
    engine_cache_store(&f->cache, key(2), MOCKET_SPAN("other"));
    assert_int_equal(rename(other, entry(f, 1)), 0);
    refuses(f, "not a file of the cache");
}

static void refuses_what_others_can_write(void **state)
{
    struct fixture *f = *state;
    char other[256];
    engine_cache_store(&f->cache, key(1), MOCKET_SPAN("content"));
    assert_int_equal(chmod(entry(f, 1), 0620), 0);
    refuses(f, "other users can write to it");
    assert_int_equal(chmod(entry(f, 1), 0602), 0);
    refuses(f, "other users can write to it");
    snprintf(other, sizeof other, "%s/second", f->folder);
    assert_int_equal(link(entry(f, 1), other), 0);
    refuses(f, "second hard link");
    if (geteuid() == 0) {
        assert_int_equal(chown(entry(f, 1), 1, 1), 0);
        refuses(f, "belongs to another user");
    }
}

static void refuses_what_is_no_file(void **state)
{
    struct fixture *f = *state;
    char other[256];
    snprintf(other, sizeof other, "%s/elsewhere", f->folder);
    engine_cache_store(&f->cache, key(1), MOCKET_SPAN("content"));
    assert_int_equal(rename(entry(f, 1), other), 0);
    assert_int_equal(symlink(other, entry(f, 1)), 0);
    refuses(f, ".cwasm: ");
    assert_int_equal(unlink(entry(f, 1)), 0);
    assert_int_equal(mkfifo(entry(f, 1), 0600), 0); /* does not wait for a writer */
    refuses(f, "not a regular file");
}

static void refuses_a_folder_of_others(void **state)
{
    struct fixture *f = *state;
    struct engine_cache cache = { .note = take_note, .data = &f->notes };
    assert_int_equal(chmod(f->path, 0770), 0);
    assert_int_equal(engine_cache_open(&cache, f->path), MOCKET_EDENIED);
    assert_int_equal(cache.dir, -1);
    assert_true(noted(f, "other users can write to it"));
    assert_int_equal(chmod(f->path, 0700), 0);
    if (geteuid() == 0) {
        assert_int_equal(chown(f->path, 1, 1), 0);
        assert_int_equal(engine_cache_open(&cache, f->path), MOCKET_EDENIED);
        assert_int_equal(chown(f->path, 0, 0), 0);
        assert_int_equal(chown(f->folder, 1, 1), 0);
        assert_int_equal(seteuid(1), 0); /* root's folder is not user 1's either */
        int rc = engine_cache_open(&cache, f->path);
        assert_int_equal(seteuid(0), 0);
        assert_true(rc < 0);
    }
    engine_cache_store(&cache, key(1), MOCKET_SPAN("content")); /* keeps nothing, and does not mind */
    assert_int_equal(engine_cache_load(&cache, key(1), &(struct mocket_buf){ 0 }), MOCKET_EINVAL);
}

static void follows_a_link(void **state)
{
    struct fixture *f = *state;
    char link_path[128];
    struct engine_cache cache = { .note = take_note, .data = &f->notes };
    snprintf(link_path, sizeof link_path, "%s/link", f->folder);
    assert_int_equal(symlink(f->path, link_path), 0);
    assert_int_equal(engine_cache_open(&cache, link_path), 0);
    engine_cache_store(&cache, key(1), MOCKET_SPAN("content"));
    engine_cache_close(&cache);
    assert_int_equal(access(entry(f, 1), F_OK), 0);
    assert_int_equal(chmod(f->path, 0770), 0);
    assert_int_equal(engine_cache_open(&cache, link_path), MOCKET_EDENIED);
    assert_true(noted(f, "other users can write to it"));
}

static void default_folder(void **state)
{
    struct fixture *f = *state;
    struct engine_cache cache = { 0 };
    char path[128];
    setenv("XDG_CACHE_HOME", f->folder, 1);
    assert_int_equal(engine_cache_open(&cache, NULL), 0);
    engine_cache_close(&cache);
    snprintf(path, sizeof path, "%s/mocket/modules", f->folder);
    assert_int_equal(access(path, F_OK), 0);
    setenv("XDG_CACHE_HOME", "relative", 1); /* does not count */
    setenv("HOME", f->folder, 1);
    assert_int_equal(engine_cache_open(&cache, NULL), 0);
    engine_cache_close(&cache);
    snprintf(path, sizeof path, "%s/.cache/mocket/modules", f->folder);
    assert_int_equal(access(path, F_OK), 0);
    unsetenv("HOME");
    assert_int_equal(engine_cache_open(&cache, NULL), MOCKET_EIO);
}

static void set_age(const struct fixture *f, unsigned char fill, long seconds)
{
    struct timespec times[2] = { { time(NULL) - seconds, 0 }, { time(NULL) - seconds, 0 } };
    assert_int_equal(utimensat(AT_FDCWD, entry(f, fill), times, 0), 0);
}

static void drops_the_oldest(void **state)
{
    struct fixture *f = *state;
    static char content[1000];
    char foreign[256], leftover[256];
    snprintf(foreign, sizeof foreign, "%s/README", f->path);
    snprintf(leftover, sizeof leftover, "%s/.new-1", f->path);
    close(creat(foreign, 0600));
    close(creat(leftover, 0600));
    struct timespec long_ago[2] = { { 1, 0 }, { 1, 0 } };
    assert_int_equal(utimensat(AT_FDCWD, leftover, long_ago, 0), 0);
    f->cache.max_bytes = 3500;
    for (unsigned char i = 1; i <= 3; i++) {
        engine_cache_store(&f->cache, key(i), (mocket_span){ content, sizeof content });
        set_age(f, i, 100 - i);
    }
    mocket_span whole = { content, sizeof content };
    struct mocket_buf out = { 0 };
    assert_int_equal(engine_cache_load(&f->cache, key(1), &out), 0); /* used now: 2 is the oldest */
    unit_same(mocket__buf_view(&out), whole, 0);
    mocket__buf_release(&out);
    engine_cache_store(&f->cache, key(4), whole);
    assert_int_equal(access(entry(f, 1), F_OK), 0);
    assert_int_equal(access(entry(f, 2), F_OK), -1);
    assert_int_equal(access(entry(f, 3), F_OK), 0);
    assert_int_equal(access(entry(f, 4), F_OK), 0);
    assert_int_equal(access(foreign, F_OK), 0);
    assert_int_equal(access(leftover, F_OK), -1);
    f->cache.max_bytes = 500;
    engine_cache_store(&f->cache, key(5), whole); /* larger than the whole cache */
    assert_int_equal(access(entry(f, 5), F_OK), -1);
}

static void *write_often(void *arg)
{
    static const char content[] = "the same for all writers";
    for (int i = 0; i < 200; i++)
        engine_cache_store(arg, (const unsigned char *)"0123456789abcdef0123456789abcdef",
                           (mocket_span){ content, sizeof content - 1 });
    return NULL;
}

static void several_writers(void **state)
{
    struct fixture *f = *state;
    pthread_t threads[4];
    size_t found = 0;
    for (size_t i = 0; i < UNIT_COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_often, &f->cache), 0);
    for (int i = 0; i < 500; i++) {
        struct mocket_buf out = { 0 };
        int rc = engine_cache_load(&f->cache, (const unsigned char *)"0123456789abcdef0123456789abcdef", &out);
        if (rc == 0)
            unit_same(mocket__buf_view(&out), MOCKET_SPAN("the same for all writers"), (size_t)i), found++;
        mocket__buf_release(&out);
    }
    for (size_t i = 0; i < UNIT_COUNT(threads); i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(count_files(f), 1);
    assert_true(!noted(f, "checksum") && !noted(f, "complete"));
}

/* ---- With an engine: (module (memory (export "memory") 1)) ---- */

static const char module_bytes[] = "\0asm\1\0\0\0\5\3\1\0\1\7\x0a\1\6memory\2\0";
static const mocket_span module_span = { module_bytes, sizeof module_bytes - 1 };

static void modules(void **state)
{
    struct fixture *f = *state;
    struct engine *engine;
    struct engine_module *module;
    struct mocket_buf why = { 0 };
    struct engine_opts opts = { .instances = 2, .memory_bytes = 1 << 20 };
    assert_int_equal(engine_open(&opts, &engine, &why), 0);
    const char *const words[] = { "compiled the module", "found the compiled module" };
    for (size_t i = 0; i < UNIT_COUNT(words); i++) {
        mocket__buf_reset(&f->notes);
        assert_int_equal(engine_cache_module(&f->cache, engine, module_span, &module, &why), 0);
        assert_true(noted(f, words[i]));
        assert_int_equal(engine_module_exports(module).count, 1);
        engine_module_close(module);
    }
    assert_int_equal(count_files(f), 1);
    assert_int_equal(engine_cache_module(&f->cache, engine, MOCKET_SPAN("\0asm\1\0\0\0\x0c"), &module, &why),
                     MOCKET_EINVAL);
    assert_int_equal(count_files(f), 1);
    mocket__buf_release(&why);
    engine_close(engine);
}

/* What an engine with other settings left is an error, not a crash. */
static void foreign_code(void **state)
{
    (void)state;
    struct engine *engine, *other;
    struct engine_module *module;
    struct mocket_buf why = { 0 }, code = { 0 }, here = { 0 }, there = { 0 };
    struct engine_opts opts = { .instances = 2, .memory_bytes = 1 << 20 };
    assert_int_equal(engine_open(&opts, &engine, &why), 0);
    opts.no_gc = true;
    assert_int_equal(engine_open(&opts, &other, &why), 0);
    engine_describe(engine, &here);
    engine_describe(other, &there);
    assert_false(mocket__span_eq(mocket__buf_view(&here), mocket__buf_view(&there)));
    assert_int_equal(engine_module_open(engine, module_span, &module, &why), 0);
    assert_int_equal(engine_module_save(module, &code), 0);
    engine_module_close(module);
    assert_int_equal(engine_module_load(other, mocket__buf_view(&code), &module, &why), MOCKET_EINVAL);
    assert_int_equal(engine_module_load(engine, MOCKET_SPAN("nonsense"), &module, &why), MOCKET_EINVAL);
    assert_int_equal(engine_module_load(engine, mocket__buf_view(&code), &module, &why), 0);
    engine_module_close(module);
    struct mocket_buf *const all[] = { &why, &code, &here, &there };
    for (size_t i = 0; i < UNIT_COUNT(all); i++)
        mocket__buf_release(all[i]);
    engine_close(engine);
    engine_close(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define CACHE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        CACHE_TEST(keeps_and_finds),
        CACHE_TEST(refuses_each_changed_byte),
        CACHE_TEST(refuses_each_cut),
        CACHE_TEST(refuses_another_keys_content),
        CACHE_TEST(refuses_what_others_can_write),
        CACHE_TEST(refuses_what_is_no_file),
        CACHE_TEST(refuses_a_folder_of_others),
        CACHE_TEST(follows_a_link),
        CACHE_TEST(default_folder),
        CACHE_TEST(drops_the_oldest),
        CACHE_TEST(several_writers),
        CACHE_TEST(modules),
        CACHE_TEST(foreign_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
