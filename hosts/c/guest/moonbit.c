/* What MoonBit's core library imports: println comes a UTF-16 unit at a time; the environment and the file system are
 * inert (strings cross as external references: here they are all null), the clock works. */
#include <time.h>

#include "../../../src/base/escape.h"
#include "imports.h"
#include "instance.h"

/* The code point that a UTF-16 unit completes, or 0 when it is the first half of one. */
static uint32_t complete(struct guest_instance *i, uint32_t unit)
{
    uint32_t high = i->high_surrogate;
    i->high_surrogate = 0;
    if (unit >= 0xd800 && unit < 0xdc00) {
        i->high_surrogate = (uint16_t)unit;
        return 0;
    }
    if (unit >= 0xdc00 && unit < 0xe000)
        return high ? 0x10000 + ((high - 0xd800) << 10) + (unit - 0xdc00) : 0xfffd;
    return unit > 0x10ffff ? 0xfffd : unit;
}

/* print_char(unit) */
static const char *print_char(void *data, union engine_slot *s)
{
    struct guest_instance *i = data;
    uint32_t unit = s[0].u32, c = complete(i, unit);
    if (c == 0 && unit != 0)
        return NULL;
    char text[4];
    guest_line_add(&i->out[2], i->log, MOCKET_LOG_INFO, (mocket_span){ text, mocket__utf8_put(text, c) });
    return NULL;
}

/* Answers the null reference, or 0. */
static const char *nothing(void *data, union engine_slot *s)
{
    (void)data;
    s[0].words[0] = s[0].words[1] = 0;
    return NULL;
}

/* string_read_char(reader) -> -1: the end. */
static const char *no_char(void *data, union engine_slot *s)
{
    nothing(data, s);
    s[0].i32 = -1;
    return NULL;
}

static const char *no_result(void *data, union engine_slot *s)
{
    (void)data;
    (void)s;
    return NULL;
}

/* now() -> milliseconds since 1970 */
static const char *now(void *data, union engine_slot *s)
{
    (void)data;
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    s[0].i64 = (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
    return NULL;
}

static const struct engine_import rows[] = {
    { "spectest", "print_char", "i:", print_char },
    { "__moonbit_fs_unstable", "begin_create_string", ":r", nothing },
    { "__moonbit_fs_unstable", "string_append_char", "ri:", no_result },
    { "__moonbit_fs_unstable", "finish_create_string", "r:r", nothing },
    { "__moonbit_fs_unstable", "begin_read_string", "r:r", nothing },
    { "__moonbit_fs_unstable", "string_read_char", "r:i", no_char },
    { "__moonbit_fs_unstable", "finish_read_string", "r:", no_result },
    { "__moonbit_fs_unstable", "get_env_var_exists", "r:i", nothing },
    { "__moonbit_fs_unstable", "get_env_var", "r:r", nothing },
    { "__moonbit_time_unstable", "now", ":I", now },
};

struct guest_imports guest_moonbit_imports(void)
{
    return (struct guest_imports){ rows, sizeof rows / sizeof *rows };
}
