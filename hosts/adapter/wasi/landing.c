/* The globals are of the module `base`: the area in use, and the last pages by which base grew the memory because an
 * area was too small. Such pages are never given back, so the area for heads becomes them. */
#include "landing.h"

#include <stdint.h>

enum { HEADS = 65536 }; /* more than the heads of nearly every request */

#define GLOBAL(name)                                                                                                   \
    ".globaltype " name                                                                                                \
    ", i32\n"                                                                                                          \
    ".import_module " name                                                                                             \
    ", base\n"                                                                                                         \
    ".import_name " name ", " name "\n"
__asm__(GLOBAL("landing_next") GLOBAL("landing_end") GLOBAL("grown_start") GLOBAL("grown_end"));

#define GET(name, value) __asm__ volatile("global.get " name "\n\tlocal.set %0" : "=r"(value))
#define SET(name, value) __asm__ volatile("local.get %0\n\tglobal.set " name ::"r"(value) : "memory")

static char first[HEADS];

struct landing_area landing_now(void)
{
    struct landing_area area;
    GET("landing_next", area.at);
    GET("landing_end", area.end);
    return area;
}

static struct landing_area grown_area(void)
{
    struct landing_area grown;
    GET("grown_start", grown.at);
    GET("grown_end", grown.end);
    return grown;
}

struct landing_point landing_mark(void)
{
    return (struct landing_point){ landing_now(), grown_area().at };
}

void landing_release(struct landing_point mark)
{
    struct landing_area grown = grown_area();
    landing_restore(grown.at != mark.grown ? grown : mark.area);
}

void landing_restore(struct landing_area area)
{
    SET("landing_next", area.at);
    SET("landing_end", area.end);
}

struct landing_area landing_at(void *to, size_t len)
{
    struct landing_area before = landing_now();
    landing_restore((struct landing_area){ to, (char *)to + len });
    return before;
}

void landing_reset(void)
{
    struct landing_area grown = grown_area();
    landing_restore(grown.at != grown.end ? grown : (struct landing_area){ first, first + HEADS });
}
