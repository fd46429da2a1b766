/* A compiler that targets this machine uses every instruction it finds. Cached code must not run on a processor that
 * lacks one of them, after a move of a home folder or of a virtual machine. So the features are part of the cache key,
 * as raw words. */
#include "cpu.h"

#include <sys/utsname.h>

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#else
#include <sys/auxv.h>
#endif

static void add(struct mocket_buf *out, uint64_t word)
{
    mocket__buf_text(out, " ");
    mocket__buf_decimal(out, word);
}

#if defined(__x86_64__) || defined(__i386__)
/* Feature words only: leaf 1 also tells which core asks, in ebx, and the OSXSAVE bit stands for the kernel's part. */
static void features(struct mocket_buf *out)
{
    unsigned a = 0, b = 0, c = 0, d = 0;
    if (__get_cpuid(1, &a, &b, &c, &d))
        add(out, c), add(out, d);
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d))
        add(out, b), add(out, c), add(out, d);
    if (__get_cpuid(0x80000001u, &a, &b, &c, &d))
        add(out, c), add(out, d);
}
#else
static void features(struct mocket_buf *out)
{
    add(out, getauxval(AT_HWCAP));
    add(out, getauxval(AT_HWCAP2));
}
#endif

void cpu_describe(struct mocket_buf *out)
{
    struct utsname name;
    mocket__buf_text(out, uname(&name) == 0 ? name.machine : "unknown");
    features(out);
}
