/* Which granted folders share the lock of names. */
#include "guest/grants.h"

#include <sys/stat.h>

#include "unit.h"

static void names_are_locked_where_guests_can_rename(void **state)
{
    (void)state;
    char root[] = "/tmp/mocket-grants-XXXXXX", paths[5][64];
    static const char *const below[] = { "", "/a", "/a/b", "/ab", "/link" };
    const struct guest_dir *failed = NULL;
    assert_non_null(mkdtemp(root));
    for (size_t i = 0; i < 5; i++)
        snprintf(paths[i], sizeof paths[i], "%s%s", root, below[i]);
    for (size_t i = 1; i < 4; i++)
        assert_int_equal(mkdir(paths[i], 0700), 0);
    assert_int_equal(symlink("a", paths[4]), 0);
    struct guest_grants g = { .dirs = { { .host = paths[1], .writable = true },
                                        { .host = paths[0] },
                                        { .host = paths[2] },
                                        { .host = paths[3] },
                                        { .host = paths[4] } },
                              .dir_count = 5 };
    assert_int_equal(guest_grants_open(&g, &failed), 0);
    assert_true(g.dirs[0].renamed);  /* writable */
    assert_true(g.dirs[1].renamed);  /* above */
    assert_true(g.dirs[2].renamed);  /* below */
    assert_false(g.dirs[3].renamed); /* beside, its name begins the same */
    assert_true(g.dirs[4].renamed);  /* a link to it */
    guest_grants_close(&g);
    g.dirs[0].writable = false;
    g.writable = false;
    g.dir_count = 5;
    assert_int_equal(guest_grants_open(&g, &failed), 0);
    for (size_t i = 0; i < 5; i++)
        assert_false(g.dirs[i].renamed);
    guest_grants_close(&g);
    unlink(paths[4]);
    for (size_t i = 3; i < 4; i--)
        rmdir(paths[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(names_are_locked_where_guests_can_rename) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
