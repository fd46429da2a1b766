/* The imports of MoonBit's runtime: println, and the clock. Other functions of its modules do nothing; the tool that
 * joins app and adapter adds them. */
#include "../../../src/base/deadline.h"
#include "../../../src/base/escape.h"
#include "log.h"

enum { PRINTLN = 2 }; /* its line */

/* A unit of UTF-16. Half of a pair without the other half becomes three bytes that are not UTF-8, which the log
 * escapes. */
__attribute__((export_name("spectest.print_char"))) void spectest_print_char(int32_t unit);
void spectest_print_char(int32_t unit)
{
    struct adapter *a = adapter_here();
    uint32_t c = (uint32_t)unit & 0xffff, high = a->high_surrogate;
    char text[4];
    if (c >= 0xd800 && c < 0xdc00) {
        a->high_surrogate = (uint16_t)c;
        return;
    }
    a->high_surrogate = 0;
    if (high && c >= 0xdc00 && c < 0xe000)
        c = 0x10000 + ((high - 0xd800) << 10) + (c - 0xdc00);
    adapter_log_add(a, PRINTLN, (mocket_span){ text, mocket__utf8_put(text, c) });
}

/* Milliseconds since 1970. */
__attribute__((export_name("__moonbit_time_unstable.now"))) int64_t moonbit_now(void);
int64_t moonbit_now(void)
{
    return (int64_t)(port_now_ns(MOCKET_ABI_WALL) / MOCKET_MS_NS);
}
