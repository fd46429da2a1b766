/* Limits of control groups, from given texts and folders. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <sys/stat.h>

#include "hosts/c/ram.h"

static char root[] = "/tmp/mocket-ram-XXXXXX";

/* Folders as needed. */
static void put(const char *path, const char *text)
{
    char name[512];
    int len = snprintf(name, sizeof name, "%s%s", root, path);
    for (char *slash = name + strlen(root) + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = '\0';
        assert_true(mkdir(name, 0700) == 0 || errno == EEXIST);
        *slash = '/';
    }
    assert_true(len > 0);
    FILE *f = fopen(name, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static int make(void **state)
{
    (void)state;
    if (!mkdtemp(root))
        return -1;
    put("/memory.max", "max\n");
    put("/a/memory.max", "2000000\n");
    put("/a/b/memory.max", "3000000\n");
    put("/a/b/free/memory.max", "max\n");
    put("/odd/memory.max", "-5 apples\n");
    put("/unified/u/memory.max", "1234\n");
    put("/memory/memory.limit_in_bytes", "9223372036854771712\n");
    put("/memory/d/memory.limit_in_bytes", "5000000\n");
    return 0;
}

static int unmake(void **state)
{
    (void)state;
    char command[64];
    snprintf(command, sizeof command, "rm -r %s", root);
    return system(command);
}

static void finds_the_smallest(void **state)
{
    (void)state;
    static const struct {
        mocket_span groups;
        uint64_t limit;
    } rows[] = {
        { UNIT_ROW("0::/a\n"), 2000000 },
        { UNIT_ROW("0::/a/b\n"), 2000000 }, /* by the group above */
        { UNIT_ROW("0::/a/b/free\n"), 2000000 },
        { UNIT_ROW("0::/a/b/not/here/"), 2000000 },
        { UNIT_ROW("0::/\n"), RAM_UNLIMITED },
        { UNIT_ROW("0::/odd\n"), RAM_UNLIMITED },
        { UNIT_ROW("0::/u\n"), 1234 },
        { UNIT_ROW("4:memory:/d\n0::/\n"), 5000000 },
        { UNIT_ROW("4:cpu,memory:/d/e\n"), 5000000 },
        { UNIT_ROW("4:memory:/else\n"), 9223372036854771712u }, /* version 1's word for none */
        { UNIT_ROW("4:cpu:/d\n"), RAM_UNLIMITED },
        { UNIT_ROW("4:memory:/d\n0::/a\n"), 2000000 },
        { UNIT_ROW(""), RAM_UNLIMITED },
        { UNIT_ROW("nonsense\n::\n:"), RAM_UNLIMITED },
    };
    for (size_t i = 0; i < UNIT_COUNT(rows); i++)
        unit_equal((long long)ram_limit_of_groups(root, rows[i].groups), (long long)rows[i].limit, i);
    unit_equal((long long)ram_limit_of_groups("/nowhere", MOCKET_SPAN("0::/a\n")), (long long)RAM_UNLIMITED, 0);
}

static void knows_this_machine(void **state)
{
    (void)state;
    assert_true(ram_limit() >= ram_resident());
    assert_true(ram_resident() > 0 && ram_limit() < RAM_UNLIMITED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_smallest),
        cmocka_unit_test(knows_this_machine),
    };
    return cmocka_run_group_tests(tests, make, unmake);
}
