/* Putting an app into a component: the bytes that change, and apps that are refused. */
#include "tests/unit/unit.h"

#include "cli/bundle/component.c"
#include "cli/bundle/manifest.c"
#include "cli/bundle/metadata.c"

#define PREAMBLE "\0asm\1\0\0\0"
#define COMPONENT "\0asm\x0d\0\1\0"
#define PLACEHOLDER "\1\x08" PREAMBLE

/* Types: 0 (i)i, 1 (iii), 2 (), 3 (ii)i, 4 (ii). */
#define TYPES "\1\x1a\5\x60\1\x7f\1\x7f\x60\3\x7f\x7f\x7f\0\x60\0\0\x60\2\x7f\x7f\1\x7f\x60\2\x7f\x7f\0"
#define MEMORY "\5\3\1\0\1"
/* sleep, 3 */
#define IMPORT_SLEEP "\2\x10\1\6mocket\5sleep\0\3"
#define IMPORT_AWAIT "\2\x10\1\6mocket\5await\0\0"
#define FUNCTIONS "\3\4\3\0\1\2"
#define CODE "\x0a\x0c\3\4\0\x41\0\x0b\2\0\x0b\2\0\x0b"
/* Exports of functions 0, 1, 2 without imports; with one import they are 1, 2, 3. */
#define EXPORTS(alloc, handle, start)                                                                                  \
    "\7\x38\4\6memory\2\0\x0cmocket_alloc\0" alloc "\x0dmocket_handle\0" handle "\x0cmocket_start\0" start

#define APP MOCKET_SPAN(PREAMBLE TYPES FUNCTIONS MEMORY EXPORTS("\0", "\1", "\2") CODE)
#define SLEEPER MOCKET_SPAN(PREAMBLE TYPES IMPORT_SLEEP FUNCTIONS MEMORY EXPORTS("\1", "\2", "\3") CODE)
#define WAITER MOCKET_SPAN(PREAMBLE TYPES IMPORT_AWAIT FUNCTIONS MEMORY EXPORTS("\1", "\2", "\3") CODE)

static const struct bundle_import imports_of_apps[] = {
    { "mocket", "sleep", "ii:i" },
    { "mocket", "await", "i:i" },
    { NULL, NULL, NULL },
};

/* Behind the module: five bytes of a number, then a byte for each optional export. */
static const char template_bytes[] = COMPONENT PLACEHOLDER "<\x80\x80\x80\x80\0>abcdef.";
#define REST (sizeof(COMPONENT PLACEHOLDER) - 1)

static const struct bundle_component template = {
    .bytes = (const unsigned char *)template_bytes,
    .len = sizeof template_bytes - 1,
    .app_begin = sizeof COMPONENT - 1,
    .app_end = REST,
    .app_instance = 6,
    .traits_at = REST + 1,
    .imports = imports_of_apps,
    .optional = { { "_initialize", REST + 7 },
                  { "mocket_start", REST + 8 },
                  { "_start", REST + 9 },
                  { "mocket_done", REST + 10 },
                  { "mocket_gone", REST + 11 },
                  { MOCKET_WASM_START_EXPORT, REST + 12 } },
};

static struct guest_app facts_of(mocket_span app)
{
    struct mocket_buf why = { 0 };
    struct guest_app facts;
    assert_int_equal(guest_app_read(app, &facts, &why), 0);
    mocket__buf_release(&why);
    return facts;
}

static void expect_splice(mocket_span app, mocket_span rest)
{
    struct mocket_buf out = { 0 }, wanted = { 0 };
    struct guest_app facts = facts_of(app);
    mocket__buf_span(&wanted, MOCKET_SPAN(COMPONENT "\1"));
    mocket__wasm_write_name(&wanted, app); /* a length, and the bytes */
    mocket__buf_span(&wanted, rest);
    bundle_component_splice(&template, app, &facts, &out);
    unit_same(mocket__buf_view(&out), mocket__buf_view(&wanted), 0);
    mocket__buf_release(&out);
    mocket__buf_release(&wanted);
}

static void test_splice(void **state)
{
    (void)state;
    expect_splice(APP, MOCKET_SPAN("<\x80\x80\x80\x80\0>a\6cdef."));
    expect_splice(WAITER, MOCKET_SPAN("<\x81\x80\x80\x80\0>a\6cdef."));
}

/* A start section becomes an export, which the template's alias of that name points at. */
static void test_start_section(void **state)
{
    (void)state;
    mocket_span app = MOCKET_SPAN(PREAMBLE TYPES FUNCTIONS MEMORY EXPORTS("\0", "\1", "\2") "\x08\1\2" CODE);
    mocket_span rest = MOCKET_SPAN("<\x80\x80\x80\x80\0>a\6cde\6.");
    struct mocket_buf out = { 0 }, changed = { 0 }, wanted = { 0 };
    struct guest_app facts = facts_of(app);
    mocket__wasm_start_export(app, &changed);
    mocket__buf_span(&wanted, MOCKET_SPAN(COMPONENT "\1"));
    mocket__wasm_write_name(&wanted, mocket__buf_view(&changed));
    mocket__buf_span(&wanted, rest);
    bundle_component_splice(&template, app, &facts, &out);
    unit_same(mocket__buf_view(&out), mocket__buf_view(&wanted), 0);
    mocket__buf_release(&out);
    mocket__buf_release(&changed);
    mocket__buf_release(&wanted);
}

/* Memory that ends: the status says so, and nothing is written beyond it. */
static void test_memory(void **state)
{
    (void)state;
    struct guest_app facts = facts_of(APP);
    for (size_t most = 1; most < 100; most++) {
        struct mocket_buf out = { .max_len = most };
        bundle_component_splice(&template, APP, &facts, &out);
        assert_int_not_equal(mocket__buf_status(&out), 0);
        mocket__buf_release(&out);
    }
}

/* why: a part of the message; NULL: the app is accepted. */
static void expect_verdict(mocket_span app, const char *why)
{
    struct mocket_buf text = { 0 };
    struct guest_app facts = { .has = { [GUEST_ALLOC] = true } };
    int rc = bundle_component_check(&template, app, &facts, &text);
    mocket__buf_add(&text, "", 1);
    assert_int_equal(rc, why ? MOCKET_EINVAL : 0);
    if (why && !strstr(text.ptr, why))
        fail_msg("%s is not in: %s", why, text.ptr);
    mocket__buf_release(&text);
}

static void test_checks(void **state)
{
    (void)state;
    expect_verdict(APP, NULL);
    expect_verdict(SLEEPER, "imports mocket.sleep and neither imports mocket.await nor exports `mocket_done`");
    expect_verdict(MOCKET_SPAN(PREAMBLE TYPES FUNCTIONS MEMORY EXPORTS("\1", "\1", "\2") CODE),
                   "its export `mocket_alloc` has the type iii:, it must be i:i");
    expect_verdict(MOCKET_SPAN(PREAMBLE TYPES FUNCTIONS MEMORY EXPORTS("\0", "\0", "\2") CODE), "`mocket_handle`");
    expect_verdict(MOCKET_SPAN(PREAMBLE TYPES FUNCTIONS MEMORY EXPORTS("\0", "\1", "\1") CODE), "`mocket_start`");
    expect_verdict(MOCKET_SPAN(PREAMBLE TYPES FUNCTIONS EXPORTS("\0", "\1", "\2") CODE), "32-bit memory");
    expect_verdict(MOCKET_SPAN(PREAMBLE TYPES FUNCTIONS "\5\4\1\3\1\2" EXPORTS("\0", "\1", "\2") CODE), "not shared");
    expect_verdict(MOCKET_SPAN(PREAMBLE TYPES FUNCTIONS "\5\3\1\4\1" EXPORTS("\0", "\1", "\2") CODE), "32-bit memory");
    expect_verdict(
        MOCKET_SPAN(PREAMBLE TYPES "\2\x10\1\6mocket\5await\0\3" FUNCTIONS MEMORY EXPORTS("\1", "\2", "\3") CODE),
        "imports mocket.await with the type ii:i, it is i:i");
    expect_verdict(
        MOCKET_SPAN(PREAMBLE TYPES "\2\x10\1\6mocket\5slept\0\0" FUNCTIONS MEMORY EXPORTS("\1", "\2", "\3") CODE),
        "imports mocket.slept, which this host does not provide");
    expect_verdict(
        MOCKET_SPAN(PREAMBLE TYPES "\2\x12\1\6mocket\5await\3\x7f\0" FUNCTIONS MEMORY EXPORTS("\0", "\1", "\2") CODE),
        "");
    expect_verdict(
        MOCKET_SPAN(PREAMBLE TYPES "\2\x11\1\6mocket\5await\3\x7f\0" FUNCTIONS MEMORY EXPORTS("\0", "\1", "\2") CODE),
        "imports mocket.await, which is a function, as something else");
    expect_verdict(MOCKET_SPAN(""), "");
    expect_verdict(MOCKET_SPAN("text"), "");
}

/* Any part of an app is refused, and no byte behind it is read. */
static void test_truncated(void **state)
{
    (void)state;
    mocket_span app = APP;
    for (size_t len = 0; len < app.len; len++) {
        char *part = mocket__copy(app.ptr, len);
        struct mocket_buf why = { 0 };
        struct guest_app facts = { 0 };
        int rc = bundle_component_check(&template, (mocket_span){ part, len }, &facts, &why);
        if (rc == 0) /* a section is missing: guest_app_read, which comes first, has refused it */
            rc = guest_app_read((mocket_span){ part, len }, &facts, &why);
        assert_true(rc < 0 || len >= app.len - (sizeof CODE - 1));
        mocket__buf_release(&why);
        mocket__free(part);
    }
}

/* Each byte of an app changed to each value: accepted or refused, never a crash. */
static void test_changed(void **state)
{
    (void)state;
    mocket_span app = WAITER;
    char *copy = mocket__copy(app.ptr, app.len);
    for (size_t at = 0; at < app.len; at++)
        for (int value = 0; value < 256; value++) {
            struct mocket_buf why = { 0 }, out = { 0 };
            struct guest_app facts;
            copy[at] = (char)value;
            mocket_span changed = { copy, app.len };
            if (guest_app_read(changed, &facts, &why) == 0 &&
                bundle_component_check(&template, changed, &facts, &why) == 0)
                bundle_component_splice(&template, changed, &facts, &out);
            mocket__buf_release(&why);
            mocket__buf_release(&out);
            copy[at] = app.ptr[at];
        }
    mocket__free(copy);
}

static void test_metadata(void **state)
{
    (void)state;
    static const char wanted[] =
        "\0\x14\x0e"
        "component-name\0\3\2my"
        "\0\x26\x09producers\1\x0cprocessed-by\1\6mocket"
        "\5" MOCKET_VERSION
        "\0\x0d\7version1.2.0"
        "\0\x0c\x08licensesMIT";
    struct bundle_metadata metadata = { .title = "my", .version = "1.2.0", .licenses = "MIT" };
    struct mocket_buf out = { 0 };
    bundle_metadata_write(&metadata, &out);
    assert_int_equal(out.len, sizeof wanted - 1);
    assert_memory_equal(out.ptr, wanted, out.len);
    mocket__buf_release(&out);
}

/* Values cannot end their string. */
static void test_manifest(void **state)
{
    (void)state;
    struct bundle_metadata metadata = { .title = "x", .version = "1", .description = "a \"b\\\n" };
    struct bundle_manifest m = { "app", "my \"app\".wasm", &metadata, true };
    for (int64_t which = 0; bundle_manifest_names[which]; which++) {
        struct mocket_buf out = { 0 };
        bundle_manifest_write(which, &m, &out);
        mocket__buf_add(&out, "", 1);
        assert_non_null(strstr(out.ptr, "\"app\""));
        assert_non_null(strstr(out.ptr, which == SPIN ? "\"a \\\"b\\\\\\u000a\"" : "kind: WorkloadDeployment"));
        mocket__buf_release(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_splice),   cmocka_unit_test(test_start_section), cmocka_unit_test(test_memory),
        cmocka_unit_test(test_checks),   cmocka_unit_test(test_truncated),     cmocka_unit_test(test_changed),
        cmocka_unit_test(test_metadata), cmocka_unit_test(test_manifest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
