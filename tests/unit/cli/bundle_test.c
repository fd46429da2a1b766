/* Bundles: which imports of a script are seen, where they lead, and what becomes of a template. */
#include "cli/bundle/imports.c"
#include "cli/bundle/files.c"
#include "cli/bundle/template.c"

#include "unit.h"

static void expect_imports(const char *text, const char *wanted)
{
    struct mocket_buf found = { 0 };
    mocket_span specifier;
    for (size_t at = 0; bundle_next_import(mocket__span(text), &at, &specifier);) {
        mocket__buf_span(&found, specifier);
        mocket__buf_text(&found, " ");
    }
    mocket__buf_add(&found, "", 1);
    assert_string_equal(found.ptr, wanted);
    mocket__buf_release(&found);
}

static void test_imports(void **state)
{
    (void)state;
    expect_imports("", "");
    expect_imports("import './a.js';", "./a.js ");
    expect_imports("import a from './a.js';\nimport * as b from \"./b.js\";\n", "./a.js ./b.js ");
    expect_imports("import {\n    a,\n    b,\n} from './a.js';\n", "./a.js ");
    expect_imports("export { a } from './a.js';\nexport * from './b.js';\n", "./a.js ./b.js ");
    expect_imports("export { a };\nconst b = './b.js';\n", "");
    expect_imports("export const text = 'from x';\n", "");
    expect_imports("x = await import('./a.js');\n", "./a.js ");
    expect_imports("new URL('./a.js', import.meta.url)", "./a.js ");
    expect_imports("// import './a.js'\n * import './b.js'\n", "");
    expect_imports("import.meta.url;\n", "");
    expect_imports("import './a.js", "");
    expect_imports("import './a\n.js'", "");
    expect_imports("import(", "");
    expect_imports("import", "");
}

static void expect_path(const char *from, const char *specifier, const char *wanted)
{
    char path[24] = "";
    assert_int_equal(bundle_resolve(from, mocket__span(specifier), path, sizeof path), wanted != NULL);
    if (wanted)
        assert_string_equal(path, wanted);
}

static void test_paths(void **state)
{
    (void)state;
    expect_path("main.js", "./a.js", "a.js");
    expect_path("main.js", "./mocket/a.js", "mocket/a.js");
    expect_path("mocket/node.js", "./node/load.js", "mocket/node/load.js");
    expect_path("mocket/node/load.js", "../a.js", "mocket/a.js");
    expect_path("mocket/node/load.js", "../../a.js", "a.js");
    expect_path("mocket/a.js", "../../a.js", NULL);
    expect_path("main.js", "../a.js", NULL);
    expect_path("a/b.js", ".././/c.js", "c.js");
    expect_path("main.js", "./", NULL);
    expect_path("main.js", "./twenty-two-bytes-xx.js", "twenty-two-bytes-xx.js");
    expect_path("a/main.js", "./twenty-two-bytes-xx.js", NULL); /* and no byte beyond the room */
    expect_path("mocket/mocket/mocket/mocket.js", "./a.js", NULL);
}

static void expect_text(const char *template, const char *wanted)
{
    struct bundle_files files = { 0 };
    assert_non_null(bundle_files_add(&files, MOCKET_SPAN("main.js")));
    assert_non_null(bundle_files_add(&files, MOCKET_SPAN("mocket/b.js")));
    assert_non_null(bundle_files_add(&files, MOCKET_SPAN("mocket/a.js")));
    bundle_files_sort(&files);
    struct bundle_words words = { .name = "shop", .hash = "abc", .sockets = true, .modules = &files };
    struct mocket_buf out = { 0 };
    mocket_span wrong = { NULL, 0 };
    int rc = bundle_expand(mocket__span(template), &words, &out, &wrong);
    assert_int_equal(rc, wanted ? 0 : MOCKET_EINVAL);
    mocket__buf_add(&out, "", 1);
    if (wanted)
        assert_string_equal(out.ptr, wanted);
    mocket__buf_release(&out);
    bundle_files_release(&files);
}

static void test_templates(void **state)
{
    (void)state;
    expect_text("", "");
    expect_text("a\n\nb", "a\n\nb\n");
    expect_text("\"{{name}}\": {{hash}}{{hash}}\n", "\"shop\": abcabc\n");
    expect_text("{ {}} } ${a}\n", "{ {}} } ${a}\n");
    expect_text("a //? sockets\nb //? !sockets\nc #? waits\nd <!--? !waits -->\n", "a\nd\n");
    expect_text("http://a/ #? sockets", "http://a/\n");
    expect_text("(\"{{module}}\"), #* modules", "(\"mocket/a.js\"),\n(\"mocket/b.js\"),\n");
    expect_text("{{nothing}}", NULL);
    expect_text("{{name}", NULL);
    expect_text("{{name", NULL);
    expect_text("{{module}}", NULL);
    expect_text("a //? nothing", NULL);
    expect_text("a //* nothing", NULL);
    expect_text("a // sockets?", "a // sockets?\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_imports),
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_templates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
