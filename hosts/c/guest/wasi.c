/* WASI preview 1, as far as a guest of ours needs it: here arguments, environment, clocks, random numbers and the
 * process; in wasi_fd.c and wasi_path.c the log, and files below the folders that were granted. All functions exist, so
 * that any program links; what there is no use for answers ENOTCAPABLE or ENOSYS.
 *
 * Nothing here may block the thread or run for long: poll_oneoff (what sleep becomes) answers ENOSYS here, and
 * waits in modules in direct style (wasi_poll.c). */
#include "wasi.h"

#include <mocket.h>
#include <string.h>
#include <time.h>

#include "../../../src/base/deadline.h"
#include "grants.h"
#include "instance.h"
#include "random.h"
#include "span.h"

#define WASI WASI_MODULE

static const char *answer(union engine_slot *s, int code)
{
    return wasi_answer(s, code);
}

static const char *stored(union engine_slot *s, int first, int second)
{
    return wasi_stored(s, first, second);
}

/* ---- Arguments and environment: argv[0] is the module's name ---- */

/* args_get(argv, text) */
static const char *args_get(void *data, union engine_slot *s)
{
    struct guest_instance *i = data;
    const char *name = i->program->module->name;
    struct guest_bytes to;
    uint32_t argv = s[0].u32, text = s[1].u32, len = (uint32_t)strlen(name) + 1;
    int rc = guest_span(i, text, len, &to);
    if (rc == 0)
        memcpy(to.ptr, name, len);
    return stored(s, rc, guest_put_u32(i, argv, text));
}

/* args_sizes_get(count, bytes) */
static const char *args_sizes_get(void *data, union engine_slot *s)
{
    struct guest_instance *i = data;
    uint32_t len = (uint32_t)strlen(i->program->module->name) + 1;
    return stored(s, guest_put_u32(i, s[0].u32, 1), guest_put_u32(i, s[1].u32, len));
}

static size_t environ_bytes(const struct guest_grants *g)
{
    size_t bytes = 0;
    for (size_t n = 0; g && n < g->env_count; n++)
        bytes += strlen(g->env[n]) + 1;
    return bytes;
}

/* environ_sizes_get(count, bytes) */
static const char *environ_sizes_get(void *data, union engine_slot *s)
{
    struct guest_instance *i = data;
    const struct guest_grants *g = i->program->grants;
    return stored(s, guest_put_u32(i, s[0].u32, g ? (uint32_t)g->env_count : 0),
                  guest_put_u32(i, s[1].u32, (uint32_t)environ_bytes(g)));
}

/* environ_get(rows, text) */
static const char *environ_get(void *data, union engine_slot *s)
{
    struct guest_instance *i = data;
    const struct guest_grants *g = i->program->grants;
    uint32_t rows_at = s[0].u32, text = s[1].u32;
    struct guest_bytes to;
    for (uint32_t n = 0; g && n < g->env_count; n++) {
        uint32_t len = (uint32_t)strlen(g->env[n]) + 1;
        if (guest_span(i, text, len, &to) < 0)
            return answer(s, WASI_EFAULT);
        memcpy(to.ptr, g->env[n], len);
        if (guest_put_u32(i, rows_at + 4 * n, text) < 0)
            return answer(s, WASI_EFAULT);
        text += len;
    }
    return answer(s, WASI_OK);
}

/* ---- Clocks ---- */

static bool clock_of(uint32_t id, clockid_t *clock)
{
    static const clockid_t clocks[] = { CLOCK_REALTIME, CLOCK_MONOTONIC };
    if (id >= sizeof clocks / sizeof *clocks)
        return false;
    *clock = clocks[id];
    return true;
}

/* clock_res_get(id, result) */
static const char *clock_res_get(void *data, union engine_slot *s)
{
    clockid_t clock;
    struct timespec t;
    if (!clock_of(s[0].u32, &clock))
        return answer(s, WASI_EINVAL);
    clock_getres(clock, &t);
    return stored(s, guest_put_u64(data, s[1].u32, mocket__timespec_ns(t)), 0);
}

/* clock_time_get(id, precision i64, result) */
static const char *clock_time_get(void *data, union engine_slot *s)
{
    clockid_t clock;
    struct timespec t;
    if (!clock_of(s[0].u32, &clock))
        return answer(s, WASI_EINVAL);
    clock_gettime(clock, &t);
    return stored(s, guest_put_u64(data, s[2].u32, mocket__timespec_ns(t)), 0);
}

/* Sockets are relative to a descriptor that was granted, and none is. */
static const char *not_granted(void *data, union engine_slot *s)
{
    (void)data;
    return answer(s, WASI_ENOTCAPABLE);
}

/* ---- The process ---- */

static const char *not_there(void *data, union engine_slot *s)
{
    (void)data;
    return answer(s, WASI_ENOSYS);
}

static const char *success(void *data, union engine_slot *s)
{
    (void)data;
    return answer(s, WASI_OK);
}

/* proc_exit(code): unwinds the guest. */
static const char *proc_exit(void *data, union engine_slot *s)
{
    struct guest_instance *i = data;
    i->exited = true;
    i->exit_code = s[0].u32;
    return "exit";
}

/* random_get(ptr, len) */
static const char *random_get(void *data, union engine_slot *s)
{
    int rc = guest_random(data, s[0].u32, s[1].u32);
    return answer(s, rc == 0 ? WASI_OK : rc == MOCKET_EFAULT ? WASI_EFAULT : WASI_EIO);
}

static const struct engine_import rows[] = {
    { WASI, "args_get", "ii:i", args_get },           { WASI, "args_sizes_get", "ii:i", args_sizes_get },
    { WASI, "environ_get", "ii:i", environ_get },     { WASI, "environ_sizes_get", "ii:i", environ_sizes_get },
    { WASI, "clock_res_get", "ii:i", clock_res_get }, { WASI, "clock_time_get", "iIi:i", clock_time_get },
    { WASI, "poll_oneoff", "iiii:i", not_there },     { WASI, "proc_exit", "i:", proc_exit },
    { WASI, "proc_raise", "i:i", not_there },         { WASI, "random_get", "ii:i", random_get },
    { WASI, "sched_yield", ":i", success },           { WASI, "sock_accept", "iii:i", not_granted },
    { WASI, "sock_recv", "iiiiii:i", not_granted },   { WASI, "sock_send", "iiiii:i", not_granted },
    { WASI, "sock_shutdown", "ii:i", not_granted },
};

struct guest_imports guest_wasi_imports(void)
{
    return (struct guest_imports){ rows, sizeof rows / sizeof *rows };
}
