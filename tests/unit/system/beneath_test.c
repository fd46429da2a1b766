/* Paths below a folder: by the kernel's word, and step by step where that is missing. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "src/system/beneath.h"

static char folder[64];
static int dir;

static void make(const char *path, const char *content)
{
    int fd = openat(dir, path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, strlen(content)), strlen(content));
    close(fd);
}

static int setup(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/mocket-beneath-XXXXXX");
    assert_non_null(mkdtemp(folder));
    int top = open(folder, O_RDONLY | O_DIRECTORY);
    assert_int_equal(mkdirat(top, "in", 0700), 0);
    dir = openat(top, "in", O_RDONLY | O_DIRECTORY);
    close(top);
    assert_int_equal(mkdirat(dir, "a", 0700), 0);
    assert_int_equal(mkdirat(dir, "a/b", 0700), 0);
    make("file", "1");
    make("a/b/file", "2");
    make("../secret", "3");
    static const char *const links[][2] = { { "b/file", "a/inside" },
                                            { "../secret", "out" },
                                            { "..", "up" },
                                            { "/etc", "absolute" },
                                            { "/proc/self/root", "magic" } };
    for (size_t i = 0; i < UNIT_COUNT(links); i++)
        assert_int_equal(symlinkat(links[i][0], dir, links[i][1]), 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    char command[128];
    close(dir);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

/* The content of a file, 0 of a folder, or minus errno. */
static int look(int (*open_fn)(int, const char *, int, mode_t), const char *path, int flags)
{
    char byte = 0;
    int fd = open_fn(dir, path, flags, 0600);
    if (fd < 0)
        return -errno;
    if (read(fd, &byte, 1) < 0)
        byte = 0;
    close(fd);
    return byte;
}

static const struct {
    const char *path;
    int open, walk;
} rows[] = {
    { "file", '1', '1' },
    { "./file", '1', '1' },
    { "a/b/file", '2', '2' },
    { "a//b/./file", '2', '2' },
    { "a/b", 0, 0 },
    { "a/b/", 0, 0 },
    { ".", 0, 0 },
    { "file/", -ENOTDIR, -ENOTDIR },
    { "file/x", -ENOTDIR, -ENOTDIR },
    { "nothing", -ENOENT, -ENOENT },
    { "", -ENOENT, -ENOENT },
    { "a/inside", '2', -ELOOP },
    { "a/../file", '1', -EXDEV },
    { "..", -EXDEV, -EXDEV },
    { "../secret", -EXDEV, -EXDEV },
    { "a/../../secret", -EXDEV, -EXDEV },
    { "/etc/passwd", -EXDEV, -EXDEV },
    { "/", -EXDEV, -EXDEV },
    { "out", -EXDEV, -ELOOP },
    { "up/secret", -EXDEV, -ENOTDIR },
    { "up/in/file", -EXDEV, -ENOTDIR },
    { "absolute/passwd", -EXDEV, -ENOTDIR },
    { "magic/etc/passwd", -EXDEV, -ENOTDIR },
};

static void opens_below_only(void **state)
{
    (void)state;
    if (look(mocket__beneath_open, "a/inside", O_RDONLY) == -ELOOP) {
        print_message("this kernel has no openat2\n");
        skip();
    }
    for (size_t i = 0; i < UNIT_COUNT(rows); i++)
        unit_equal(look(mocket__beneath_open, rows[i].path, O_RDONLY), rows[i].open, i);
}

static void walks_below_only(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(rows); i++)
        unit_equal(look(mocket__beneath_walk, rows[i].path, O_RDONLY), rows[i].walk, i);
}

static void makes_below_only(void **state)
{
    (void)state;
    int (*const both[])(int, const char *, int, mode_t) = { mocket__beneath_open, mocket__beneath_walk };
    for (size_t i = 0; i < UNIT_COUNT(both); i++) {
        assert_int_equal(look(both[i], "a/new", O_RDWR | O_CREAT | O_EXCL), 0);
        assert_int_equal(unlinkat(dir, "a/new", 0), 0);
        assert_true(look(both[i], "../new", O_RDWR | O_CREAT) < 0);
        assert_true(look(both[i], "up/new", O_RDWR | O_CREAT) < 0);
        assert_true(look(both[i], "out", O_WRONLY | O_TRUNC) < 0);
        assert_int_equal(faccessat(dir, "../new", F_OK, 0), -1);
    }
}

static void finds_places(void **state)
{
    (void)state;
    static const struct {
        const char *path, *name;
        int rc;
        bool slash;
    } places[] = {
        { "file", "file", 0, false },     { "a/b/x", "x", 0, false },        { "a/x/", "x", 0, true },
        { "a/x///", "x", 0, true },       { "", NULL, -ENOENT, false },      { ".", NULL, -EINVAL, false },
        { "a/..", NULL, -EINVAL, false }, { "/", NULL, -EINVAL, false },     { "up/x", NULL, -EXDEV, false },
        { "../x", NULL, -EXDEV, false },  { "/etc/x", NULL, -EXDEV, false }, { "no/x", NULL, -ENOENT, false },
    };
    for (size_t i = 0; i < UNIT_COUNT(places); i++) {
        struct mocket_beneath_place place;
        int rc = mocket__beneath_find(dir, places[i].path, &place) < 0 ? -errno : 0;
        if (rc == -ENOTDIR && places[i].rc == -EXDEV)
            continue; /* step by step a link is no folder */
        unit_equal(rc, places[i].rc, i);
        if (rc == 0) {
            unit_same(mocket__span(place.name), mocket__span(places[i].name), i);
            unit_equal(place.slash, places[i].slash, i);
            close(place.parent);
        }
    }
}

static void bounds_names(void **state)
{
    (void)state;
    char name[5000];
    struct mocket_beneath_place place;
    memset(name, 'x', sizeof name);
    name[sizeof name - 1] = '\0';
    assert_int_equal(look(mocket__beneath_walk, name, O_RDONLY), -ENAMETOOLONG);
    assert_int_equal(look(mocket__beneath_open, name, O_RDONLY), -ENAMETOOLONG);
    assert_int_equal(mocket__beneath_find(dir, name, &place), -1);
    assert_int_equal(errno, ENAMETOOLONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opens_below_only), cmocka_unit_test(walks_below_only), cmocka_unit_test(makes_below_only),
        cmocka_unit_test(finds_places),     cmocka_unit_test(bounds_names),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
