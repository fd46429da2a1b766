/* SipHash-1-3 against results of the reference implementation, for the key 0, 1, ... 15 and the bytes 0, 1, ... */
#include "tests/unit/unit.h"

#include "src/base/siphash.h"

static void agrees_with_the_reference(void **state)
{
    (void)state;
    static const struct {
        size_t len;
        uint64_t hash;
    } rows[] = { { 0, 0xabac0158050fc4dc }, { 1, 0xc9f49bf37d57ca93 },  { 7, 0xd3927d989bb11140 },
                 { 8, 0x369095118d299a8e }, { 15, 0xd320d86d2a519956 }, { 63, 0x9d199062b7bbb3a8 } };
    static const struct mocket_siphash_key key = { { 0x0706050403020100, 0x0f0e0d0c0b0a0908 } };
    char bytes[64];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)i;
    for (size_t i = 0; i < UNIT_COUNT(rows); i++)
        assert_true(mocket__siphash(&key, (mocket_span){ bytes, rows[i].len }) == rows[i].hash);
    static const struct mocket_siphash_key other = { { 0x0706050403020100, 0x0f0e0d0c0b0a0909 } };
    assert_false(mocket__siphash(&other, (mocket_span){ bytes, 8 }) == rows[3].hash);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_the_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
