/* Templates, a line each, and a path on the last line: the router finds the route that trying one template after the
 * other finds, and its parameters lie within the path. */
#include "../../src/core/router.h"
#include "../unit/reference_router.h"
#include "fuzz.h"

enum { TEMPLATES_MAX = 16, RESTS_MAX = 3, PATH_MAX_LEN = 64 };

static int handler(mocket_event *e)
{
    (void)e;
    return 0;
}

static bool is_dynamic(const char *template)
{
    return strpbrk(template, ":*") != NULL;
}

static int rests_in(const char *template)
{
    int count = 0;
    for (const char *at = template; (at = strstr(at, "**")); at += 2)
        count++;
    return count;
}

/* The number of the route that must win, or -1. */
static int expected(char *const *templates, int count, const char *path)
{
    for (int i = 0; i < count; i++)
        if (!is_dynamic(templates[i]) && strcmp(templates[i], path) == 0)
            return i;
    for (int i = 0; i < count; i++)
        if (is_dynamic(templates[i]) && reference_match(templates[i], path))
            return i;
    return -1;
}

static void check(char *const *templates, int count, const char *path)
{
    struct mocket_arena tables, work;
    mocket__arena_init(&tables, 0);
    mocket__arena_init(&work, 0);
    struct mocket_router router = { .arena = &tables };
    for (int i = 0; i < count; i++)
        FUZZ_HOLDS(mocket__router_add(&router, MOCKET_SPAN("GET"), mocket__span(templates[i]), handler, NULL) == 0);
    struct mocket_fields params = { 0 };
    mocket_span sought = { fuzz_copy(mocket__span(path)), strlen(path) };
    const struct mocket_route *found = mocket__router_find(&router, MOCKET_SPAN("GET"), sought, true, &work, &params);
    int want = expected(templates, count, path);
    FUZZ_HOLDS((found != NULL) == (want >= 0));
    FUZZ_HOLDS(!found || mocket__span_eq(found->template, mocket__span(templates[want])));
    for (size_t i = 0; i < params.count; i++)
        FUZZ_HOLDS(fuzz_within(params.rows[i].value, sought));
    free((char *)sought.ptr);
    mocket__arena_release(&tables);
    mocket__arena_release(&work);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1), *templates[TEMPLATES_MAX];
    FUZZ_HOLDS(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    int count = 0;
    char *line = text, *end;
    bool fits = strlen(text) == size;
    for (; (end = strchr(line, '\n')) && count < TEMPLATES_MAX; line = end + 1) {
        *end = '\0';
        templates[count++] = line;
        fits = fits && rests_in(line) <= RESTS_MAX;
    }
    if (fits && !end && strlen(line) <= PATH_MAX_LEN)
        check(templates, count, line);
    free(text);
    return 0;
}
