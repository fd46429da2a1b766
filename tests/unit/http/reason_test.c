#include "src/http/reason.h"
#include "unit.h"

static void test_reasons(void **state)
{
    (void)state;
    assert_string_equal(mocket__reason(200), "OK");
    assert_string_equal(mocket__reason(413), "Content Too Large");
    assert_string_equal(mocket__reason(511), "Network Authentication Required");
    static const int unregistered[] = { -1, 0, 99, 199, 299, 306, 418, 499, 599, 600, 1000 };
    for (size_t i = 0; i < UNIT_COUNT(unregistered); i++)
        assert_string_equal(mocket__reason(unregistered[i]), "");
}

static void test_strerror(void **state)
{
    (void)state;
    assert_string_equal(mocket_strerror(0), "success");
    assert_string_equal(mocket_strerror(MOCKET_ENOMEM), "out of memory");
    assert_string_equal(mocket_strerror(404), "Not Found");
    assert_string_equal(mocket_strerror(499), "Client Error");
    assert_string_equal(mocket_strerror(599), "Server Error");
    for (int code = -50; code < 700; code++)
        assert_true(mocket_strerror(code) && *mocket_strerror(code));
    assert_string_equal(mocket_strerror(600), mocket_strerror(-50));
    assert_string_equal(mocket_version(), MOCKET_VERSION);
    char numbers[32];
    snprintf(numbers, sizeof numbers, "%d.%d.%d", MOCKET_VERSION_NUMBER / 1000000, MOCKET_VERSION_NUMBER / 1000 % 1000,
             MOCKET_VERSION_NUMBER % 1000);
    assert_string_equal(mocket_version(), numbers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reasons),
        cmocka_unit_test(test_strerror),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
