/* A verb's options: forms of the command line, variables, values, and the help text. */
#include "cli/manual.c"
#include "cli/near.c"
#include "cli/options.c"
#include "cli/terminal.c"
#include "cli/values.c"

#include <stdarg.h>

#include "unit.h"

struct values {
    int64_t count, size, time, choice;
    const char *word;
    bool on, off;
    char words[64]; /* what was no option */
    int many;
};

static char told[256];

int mocket__cli_misuse(const char *verb, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    size_t len = (size_t)snprintf(told, sizeof told, "%s: ", verb);
    vsnprintf(told + len, sizeof told - len, fmt, args);
    va_end(args);
    return 2;
}

static int take_word_of_verb(void *into, const char *text)
{
    struct values *v = into;
    strncat(v->words, text, sizeof v->words - strlen(v->words) - 1);
    strncat(v->words, ";", sizeof v->words - strlen(v->words) - 1);
    return 0;
}

static int take_many(void *into, const struct cli_said *said, const char *text)
{
    (void)said, (void)text;
    ((struct values *)into)->many++;
    return 0;
}

static const char *const colours[] = { "red", "green", NULL };

static const struct cli_option rows[] = {
    { CLI_GROUP, .help = "Numbers" },
    { CLI_COUNT, "count", 'c', .value = "N", .also = "number n", .initial = "7", .least = 2, .most = 9,
      .at = offsetof(struct values, count), .help = "a number" },
    { CLI_SIZE, "max-size", .value = "SIZE", .least = 1024, .most = INT64_C(1) << 30,
      .at = offsetof(struct values, size), .initial_words = "none", .help = "a size" },
    { CLI_TIME, "time", .value = "TIME", .off = -1, .at = offsetof(struct values, time), .help = "a time" },
    { CLI_CHOICE, "colour", .value = "COLOUR", .choices = colours, .at = offsetof(struct values, choice),
      .help = "a colour" },
    { CLI_WORD, "word", 'w', .value = "WORD", .at = offsetof(struct values, word), .help = "a word",
      .command_line = true },
    { CLI_OWN, "many", .many = true, .value = "X", .take = take_many, .help = "several" },
    { CLI_SWITCH, "on", 'o', .at = offsetof(struct values, on), .help = "a switch" },
    { CLI_SWITCH, "off", 'x', .at = offsetof(struct values, off), .help = "another switch" },
    { .name = NULL },
};

static const struct cli_verb verb = {
    .name = "try", .usage = "usage: try\n", .options = rows, .environment = true, .word = take_word_of_verb
};

/* Words of a line, parted by blanks. */
static int line(const char *text, struct values *v)
{
    static char copy[256]; /* values point into it */
    char *argv[16] = { "try" };
    int argc = 1;
    snprintf(copy, sizeof copy, "%s", text);
    for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
        argv[argc++] = word;
    *v = (struct values){ 0 };
    told[0] = '\0';
    return mocket__cli_options(&verb, argc, argv, v);
}

static void test_forms(void **state)
{
    (void)state;
    struct values v;
    assert_int_equal(line("a --count 3 b --max-size=2K -ox -- --on", &v), 0);
    assert_int_equal(v.count, 3);
    assert_int_equal(v.size, 2048);
    assert_true(v.on && v.off);
    assert_string_equal(v.words, "a;b;--on;");
    assert_int_equal(line("-c4 -xw hello - --many 1 --many 2", &v), 0);
    assert_int_equal(v.count, 4);
    assert_string_equal(v.word, "hello");
    assert_false(v.on);
    assert_int_equal(v.many, 2);
    assert_string_equal(v.words, "-;");
    assert_int_equal(line("", &v), 0);
    assert_int_equal(v.count, 7); /* the default */
}

static void test_values(void **state)
{
    (void)state;
    struct values v;
    assert_int_equal(line("--time 2m --colour green", &v), 0);
    assert_int_equal(v.time, 120000);
    assert_int_equal(v.choice, 1);
    assert_int_equal(line("--time off", &v), 0);
    assert_int_equal(v.time, -1);
    static const char *const wrong[][2] = {
        { "--count 1", "try: --count 1: a number from 2 to 9 is needed" },
        { "--count 10", "try: --count 10: a number from 2 to 9 is needed" },
        { "-c x", "try: -c x: a number from 2 to 9 is needed" },
        { "--count -3", "try: --count -3: a number from 2 to 9 is needed" },
        { "--max-size 1023", "try: --max-size 1023: a size from 1K to 1G is needed" },
        { "--max-size 2G", "try: --max-size 2G: a size from 1K to 1G is needed" },
        { "--max-size 99999999999999999999", "try: --max-size 99999999999999999999: a size from 1K to 1G is needed" },
        { "--time 0s", "try: --time 0s: a time such as 500ms, 30s or 2m is needed, at most 24h, or off" },
        { "--time 25h", "try: --time 25h: a time such as 500ms, 30s or 2m is needed, at most 24h, or off" },
        { "--colour blue", "try: --colour blue: red or green is needed" },
        { "--colour gren", "try: --colour gren: red or green is needed; did you mean `green`?" },
        { "--max-size 16MB", "try: --max-size 16MB: a size from 1K to 1G is needed; did you mean `16M`?" },
        { "--max-size 16gb", "try: --max-size 16gb: a size from 1K to 1G is needed" }, /* too large as 16G too */
        { "--max-size 2kib", "try: --max-size 2kib: a size from 1K to 1G is needed; did you mean `2K`?" },
        { "--time 30",
          "try: --time 30: a time such as 500ms, 30s or 2m is needed, at most 24h, or off; did you mean `30s`?" },
        { "--time 5min",
          "try: --time 5min: a time such as 500ms, 30s or 2m is needed, at most 24h, or off; did you mean `5m`?" },
        { "--count 3 -c 3", "try: -c is given twice" },
        { "-o --on", "try: --on is given twice" },
        { "-oo", "try: -o is given twice" },
        { "--word=", "try: --word needs a value" },
        { "--on=1", "try: --on takes no value: --on=1" },
        { "--count", "try: --count needs a value" },
        { "-w", "try: -w needs a value" },
        { "--coun 3", "try: unknown option --coun; did you mean `--count`?" },
        { "--cuont 3", "try: unknown option --cuont; did you mean `--count`?" },
        { "--maxsize=16MB", "try: unknown option --maxsize=16MB; did you mean `--max-size 16M`?" },
        { "--color=red", "try: unknown option --color=red; did you mean `--colour`?" },
        { "--number 4", "try: unknown option --number; did you mean `--count`?" },
        { "-n 4", "try: unknown option -n; did you mean `--count`?" },
        { "--of", "try: unknown option --of; did you mean `--off`?" },
        { "--wrod x", "try: unknown option --wrod; did you mean `--word`?" },
        { "--xyzzy", "try: unknown option --xyzzy" },
        { "--o", "try: unknown option --o" },
        { "-oz", "try: unknown option -z" },
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(line(wrong[i][0], &v), 2);
        assert_string_equal(told, wrong[i][1]);
    }
}

static void test_variables(void **state)
{
    (void)state;
    struct values v;
    setenv("MOCKET_MAX_SIZE", "4K", 1);
    setenv("MOCKET_ON", "1", 1);
    setenv("MOCKET_OFF", "0", 1);
    setenv("MOCKET_WORD", "no", 1);
    setenv("MOCKET_MANY", "1", 1);
    setenv("MOCKET_TIME", "", 1);
    assert_int_equal(line("--many 2 --many 3", &v), 0);
    assert_int_equal(v.size, 4096);
    assert_true(v.on);
    assert_false(v.off);
    assert_null(v.word);         /* of the command line alone */
    assert_int_equal(v.many, 2); /* the variable adds nothing to what the command line gives */
    assert_int_equal(line("", &v), 0);
    assert_int_equal(v.many, 1);
    setenv("MOCKET_MAX_SIZE", "4", 1);
    assert_int_equal(line("", &v), 2);
    assert_string_equal(told, "try: MOCKET_MAX_SIZE 4: a size from 1K to 1G is needed");
    assert_int_equal(line("--max-size 1K", &v), 0); /* it is not looked at */
    setenv("MOCKET_ON", "yes", 1);
    assert_int_equal(line("--max-size 1K", &v), 2);
    assert_string_equal(told, "try: MOCKET_ON yes: 1 or 0 is needed");
}

static void test_manual(void **state)
{
    (void)state;
    char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);
    mocket__cli_manual(&verb, to);
    fclose(to);
    assert_non_null(strstr(text, "usage: try\n\nNumbers:\n  -c, --count N       a number (default: 7)\n"));
    assert_non_null(strstr(text, "  --max-size SIZE     a size (default: none)\n"));
    assert_non_null(strstr(text, "  --many X            several (may be repeated)\n"));
    assert_non_null(strstr(text, "Options without a variable: --word.\n"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_variables),
        cmocka_unit_test(test_manual),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
