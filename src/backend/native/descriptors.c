/* One budget for the descriptors of a process. Clients, files and other servers each have a share, so that none of them
 * takes what another one needs: guests that wait for servers which do not answer do not keep clients out.
 *
 * The soft limit of a process is 1024 for the sake of programs that use select. It is raised to what is wanted; where
 * the hard limit forbids that, the shares shrink. */
#include "descriptors.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/resource.h>

#include "native.h"

#define PER_WORKER 12u   /* its loop, what wakes it, what watches sockets, files that are open for a moment */
#define PER_LOOKUPS 64u  /* of a worker: 16 at a time, each with sockets to name servers and a file */
#define SPARE 32u        /* for what nobody has thought of */
#define OPEN_USUALLY 16u /* when they cannot be counted */

#define REFUSED_MAX 64u  /* of a worker */
#define REFUSED_PART 4u  /* of the connections, when descriptors are short */
#define ATTEMPTS_PART 4u /* a connection may be tried at two addresses at once: one in so many is */

void mocket__descriptors_divide(const size_t wanted[MOCKET_USE_COUNT], size_t left, size_t granted[MOCKET_USE_COUNT])
{
    static const size_t weights[MOCKET_USE_COUNT] = { [MOCKET_USE_CONNECTIONS] = 2, 1, 1 };
    bool settled[MOCKET_USE_COUNT] = { false };
    for (bool changed = true; changed;) {
        size_t weight = 0, taken = 0;
        for (int i = 0; i < MOCKET_USE_COUNT; i++)
            weight += settled[i] ? 0 : weights[i];
        changed = false;
        for (int i = 0; i < MOCKET_USE_COUNT; i++) {
            if (settled[i])
                continue;
            granted[i] = left / weight * weights[i];
            if (wanted[i] > granted[i])
                continue;
            changed = settled[i] = true;
            granted[i] = wanted[i];
            taken += wanted[i];
        }
        left -= taken;
    }
}

size_t mocket__native_outgoing_descriptors(size_t connections)
{
    return connections + connections / ATTEMPTS_PART;
}

static size_t count_open(void)
{
    DIR *folder = opendir("/proc/self/fd");
    size_t count = 0;
    if (!folder)
        return OPEN_USUALLY;
    while (readdir(folder))
        count++;
    closedir(folder);
    return count;
}

/* What the process needs for itself. */
static size_t own(const struct mocket_descriptors *d)
{
    size_t each = PER_WORKER + REFUSED_MAX + d->listeners + (d->outgoing > 0 ? PER_LOOKUPS : 0);
    return count_open() + SPARE + d->others + d->workers * each;
}

/* The limit, raised as far as it can be. */
static size_t raise_limit(size_t needed)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return needed;
    struct rlimit raised = { limit.rlim_max < needed ? limit.rlim_max : needed, limit.rlim_max };
    if (limit.rlim_cur < needed && setrlimit(RLIMIT_NOFILE, &raised) == 0)
        limit = raised;
    return limit.rlim_cur < needed ? (size_t)limit.rlim_cur : needed;
}

static size_t at_least_one(size_t n, size_t wanted)
{
    return n == 0 && wanted > 0 ? 1 : n;
}

/* numbers: descriptors that are wanted, and those that there may be. */
static void tell(char problem[MOCKET_DESCRIPTORS_TEXT], const struct mocket_descriptors *d,
                 const struct mocket_descriptors *wish, const size_t numbers[2])
{
    const struct {
        size_t now, wished;
        const char *what;
    } rows[] = { { d->connections, wish->connections, "connections" },
                 { d->files, wish->files, "files" },
                 { d->outgoing, wish->outgoing, "connections of a worker to other servers" } };
    int len = snprintf(problem, MOCKET_DESCRIPTORS_TEXT,
                       "%zu descriptors are needed, but the process may open %zu (raise the hard limit, ulimit -Hn)",
                       numbers[0], numbers[1]);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].now < rows[i].wished)
            len += snprintf(problem + len, MOCKET_DESCRIPTORS_TEXT - (size_t)len, "%s %zu %s instead of %zu",
                            problem[len - 1] == ')' ? ":" : ",", rows[i].now, rows[i].what, rows[i].wished);
}

bool mocket__native_descriptors(struct mocket_descriptors *d, char problem[MOCKET_DESCRIPTORS_TEXT])
{
    struct mocket_descriptors wish = *d;
    size_t wanted[MOCKET_USE_COUNT] = { d->connections, d->files,
                                        d->workers * mocket__native_outgoing_descriptors(d->outgoing) };
    size_t granted[MOCKET_USE_COUNT], needed = own(d), limit;
    d->refused = REFUSED_MAX;
    size_t all = needed + wanted[MOCKET_USE_CONNECTIONS] + wanted[MOCKET_USE_FILES] + wanted[MOCKET_USE_OUTGOING];
    if ((limit = raise_limit(all)) >= all)
        return true;
    mocket__descriptors_divide(wanted, limit > 2 * needed ? limit - needed : limit / 2, granted);
    size_t each = granted[MOCKET_USE_OUTGOING] / d->workers;
    d->connections = at_least_one(granted[MOCKET_USE_CONNECTIONS], wish.connections);
    d->refused = at_least_one(d->connections / REFUSED_PART / d->workers, 1);
    d->refused = d->refused < REFUSED_MAX ? d->refused : REFUSED_MAX;
    d->files = at_least_one(granted[MOCKET_USE_FILES], wish.files);
    d->outgoing = at_least_one(each * ATTEMPTS_PART / (ATTEMPTS_PART + 1), wish.outgoing);
    d->outgoing = d->outgoing < wish.outgoing ? d->outgoing : wish.outgoing;
    tell(problem, d, &wish, (size_t[]){ all, limit });
    return false;
}
