/* Control groups tell their limit in a file of their folder: memory.max in version 2, memory.limit_in_bytes in version
 * 1. A process is bound by its own group and by each one above it, so all of them are read. In a container the folder
 * that /proc/self/cgroup names may not be visible: then the walk upwards ends at the mount's root, which is the
 * container's own group. */
#include "ram.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../../src/base/span.h"

#define PATH_LEN 4096
#define GROUPS_LEN 16384

/* The number in a file; RAM_UNLIMITED: "max", or there is none. */
static uint64_t read_limit(const char *path)
{
    char text[64];
    FILE *f = fopen(path, "re");
    size_t len = f ? fread(text, 1, sizeof text, f) : 0;
    if (f)
        fclose(f);
    while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == ' '))
        len--;
    int64_t n = mocket__span_decimal((mocket_span){ text, len }, INT64_MAX);
    return n < 0 ? RAM_UNLIMITED : (uint64_t)n;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Of a group and those above it. folder, mounts: under the root of control groups. */
static uint64_t limit_upwards(const char *mount, mocket_span group, const char *file)
{
    char path[PATH_LEN];
    uint64_t limit = RAM_UNLIMITED;
    for (;;) {
        while (group.len > 0 && group.ptr[group.len - 1] == '/')
            group.len--;
        int len = snprintf(path, sizeof path, "%s%.*s/%s", mount, (int)group.len, group.ptr, file);
        if (len > 0 && (size_t)len < sizeof path)
            limit = least(limit, read_limit(path));
        if (group.len == 0)
            return limit;
        while (group.len > 0 && group.ptr[group.len - 1] != '/')
            group.len--;
    }
}

static bool names_memory(mocket_span controllers)
{
    mocket_span name;
    for (size_t at = 0; (name = mocket__span_list_next(controllers, &at)).ptr;)
        if (mocket__span_eq(name, MOCKET_SPAN("memory")))
            return true;
    return false;
}

/* A line is "0::/group" (version 2, alone or beside version 1 in `unified`) or "4:memory:/group" (version 1). */
static uint64_t limit_of_line(const char *root, mocket_span line)
{
    static const struct {
        const char *folder, *file;
    } second[] = { { "", "memory.max" }, { "/unified", "memory.max" } }, first = { "/memory", "memory.limit_in_bytes" };
    char mount[PATH_LEN];
    uint64_t limit = RAM_UNLIMITED;
    size_t colon = mocket__span_find(line, ':', 0), next = mocket__span_find(line, ':', colon + 1);
    if (next >= line.len)
        return limit;
    mocket_span controllers = mocket__span_slice(line, colon + 1, next);
    mocket_span group = mocket__span_slice(line, next + 1, line.len);
    for (size_t i = 0; controllers.len == 0 && i < sizeof second / sizeof *second; i++)
        if ((size_t)snprintf(mount, sizeof mount, "%s%s", root, second[i].folder) < sizeof mount)
            limit = least(limit, limit_upwards(mount, group, second[i].file));
    if (names_memory(controllers) && (size_t)snprintf(mount, sizeof mount, "%s%s", root, first.folder) < sizeof mount)
        limit = least(limit, limit_upwards(mount, group, first.file));
    return limit;
}

uint64_t ram_limit_of_groups(const char *root, mocket_span groups)
{
    uint64_t limit = RAM_UNLIMITED;
    for (size_t at = 0; at < groups.len;) {
        size_t end = mocket__span_find(groups, '\n', at);
        limit = least(limit, limit_of_line(root, mocket__span_slice(groups, at, end)));
        at = end + 1;
    }
    return limit;
}

uint64_t ram_limit(void)
{
    char groups[GROUPS_LEN];
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    uint64_t machine = pages > 0 && page > 0 ? (uint64_t)pages * (uint64_t)page : RAM_UNLIMITED;
    FILE *f = fopen("/proc/self/cgroup", "re");
    size_t len = f ? fread(groups, 1, sizeof groups, f) : 0;
    if (f)
        fclose(f);
    return least(machine, ram_limit_of_groups("/sys/fs/cgroup", (mocket_span){ groups, len }));
}

uint64_t ram_resident(void)
{
    unsigned long long size, pages = 0;
    FILE *f = fopen("/proc/self/statm", "re");
    if (f && fscanf(f, "%llu %llu", &size, &pages) != 2)
        pages = 0;
    if (f)
        fclose(f);
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}
