/* A line for each fact: a label, then the fact. Lists are wrapped, and continue below the fact. */
#include "text.h"

#include <inttypes.h>
#include <string.h>

#include "../../hosts/c/guest/target.h"
#include "../../src/base/span.h"

#define LABEL 12 /* columns of a label, and of what continues below it */
#define WIDTH 100

/* A list that is printed item by item. */
struct list {
    FILE *to;
    int column;
    bool any;
};

static struct list begin(FILE *to, const char *label)
{
    return (struct list){ to, fprintf(to, "  %-*s", LABEL, label), false };
}

static void item(struct list *l, const char *text, const char *between)
{
    int len = (int)strlen(text), gap = l->any ? (int)strlen(between) + 1 : 0;
    if (l->any && l->column + gap + len > WIDTH) {
        fprintf(l->to, "%s\n  %*s", between, LABEL, "");
        l->column = LABEL + 2;
        gap = 0;
    } else if (l->any) {
        fprintf(l->to, "%s ", between);
    }
    fputs(text, l->to);
    l->column += gap + len;
    l->any = true;
}

static const char *text_of(const mocket_value *v, const char *key)
{
    return mocket_value_text(mocket_value_get(v, key), "");
}

static int64_t int_of(const mocket_value *v, const char *key)
{
    return mocket_value_int(mocket_value_get(v, key), -1);
}

/* "131072 (128 KiB)" */
static void print_bytes(FILE *to, int64_t bytes)
{
    static const char *const units[] = { "KiB", "MiB", "GiB" };
    double rest = (double)bytes / 1024;
    size_t unit = 0;
    for (; rest >= 1024 && unit < 2; unit++)
        rest /= 1024;
    fprintf(to, "%" PRId64 " bytes", bytes);
    if (bytes >= 1024)
        fprintf(to, rest < 10 ? " (%.1f %s)" : " (%.0f %s)", rest, units[unit]);
}

static void print_what(const mocket_value *report, FILE *to)
{
    const char *target = text_of(report, "target"), *form = text_of(report, "form");
    bool bundled = mocket_value_get(report, "app") != NULL;
    fprintf(to, "%s: ", text_of(report, "file"));
    if (bundled)
        fprintf(to, "a bundle for %s (%s)\n", target, form);
    else if (strcmp(target, "app") == 0)
        fputs("a Mocket app (module)\n", to);
    else if (target[0])
        fprintf(to, "the app of a bundle for %s (module)\n", target);
    else
        fprintf(to, "a %s that Mocket did not make\n", form);
    if (text_of(report, "note")[0])
        fprintf(to, "  %-*s%s\n", LABEL, "note", text_of(report, "note"));
}

static void print_size(const mocket_value *report, FILE *to)
{
    fprintf(to, "  %-*s", LABEL, "size");
    print_bytes(to, int_of(report, "bytes"));
    fprintf(to, "\n  %-*s%s\n", LABEL, "SHA-256", text_of(report, "sha256"));
}

static void print_app(const mocket_value *app, FILE *to)
{
    static const struct {
        const char *word, *means;
    } places[] = { { "whole", "inside, unchanged" },
                   { "start moved", "inside; the adapter calls its start function" },
                   { "merged", "merged into the module" },
                   { "changed", "NOT inside as the mark says: the file was changed after it was made" } };
    if (!app)
        return;
    fprintf(to, "  %-*s%s\n  %-*s", LABEL, "app", text_of(app, "sha256"), LABEL, "");
    print_bytes(to, int_of(app, "bytes"));
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (strcmp(text_of(app, "inside"), places[i].word) == 0)
            fprintf(to, ", %s", places[i].means);
    fputc('\n', to);
}

static void print_style(const mocket_value *style, FILE *to)
{
    static const struct {
        const char *key, *yes;
    } rows[] = { { "waits", "handlers wait (await suspends the stack)" },
                 { "events", "many requests in one instance (mocket_done)" },
                 { "sockets", "accepts WebSockets" },
                 { "fetches", "sends requests" },
                 { "gc", "types with garbage collection" } };
    if (!style)
        return;
    struct list l = begin(to, "style");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (mocket_value_bool(mocket_value_get(style, rows[i].key), false))
            item(&l, rows[i].yes, ",");
    if (!l.any)
        item(&l, "handlers return without a wait", ",");
    fputc('\n', to);
}

static void print_limits(const mocket_value *report, FILE *to)
{
    const mocket_value *abi = mocket_value_get(report, "abi"), *memory = mocket_value_get(report, "memory");
    if (abi)
        fprintf(to, "  %-*s%" PRId64 ".%" PRId64 "\n", LABEL, "guest ABI", int_of(abi, "version"),
                int_of(abi, "minor"));
    if (!memory)
        return;
    fprintf(to, "  %-*s", LABEL, "memory");
    print_bytes(to, int_of(memory, "initial"));
    fputs(" at the start, ", to);
    if (int_of(memory, "maximum") >= 0) {
        fputs("at most ", to);
        print_bytes(to, int_of(memory, "maximum"));
        fputc('\n', to);
    } else {
        fputs("without a maximum of its own\n", to);
    }
}

/* A line for each module that is imported from, or for all names of a component. */
static void print_imports(const mocket_value *list, FILE *to)
{
    const char *module = NULL;
    struct list l = begin(to, "imports");
    for (size_t i = 0; i < mocket_value_count(list); i++) {
        const mocket_value *row = mocket_value_at(list, i);
        const char *from = text_of(row, "module");
        if (!module || strcmp(from, module) != 0) {
            if (l.any) {
                fprintf(to, "\n  %*s", LABEL, "");
                l.column = LABEL + 2;
            }
            l.any = false;
            l.column += fprintf(to, from[0] ? "%s: " : "%s", from);
            module = from;
        }
        item(&l, text_of(row, "name"), ",");
    }
    fputs(module ? "\n" : "none\n", to);
}

static void print_exports(const mocket_value *list, FILE *to)
{
    struct list l = begin(to, "exports");
    for (size_t i = 0; i < mocket_value_count(list); i++)
        item(&l, text_of(mocket_value_at(list, i), "name"), ",");
    fputs(l.any ? "\n" : "none\n", to);
}

/* Sections of a component of one kind, added up: there are many, and most are small. */
struct sum {
    const char *name;
    int64_t bytes, count;
    bool printed;
};

struct sums {
    struct sum rows[16]; /* the format has 13 kinds */
    size_t count;
};

static struct sum *sum_of(struct sums *sums, const char *name)
{
    size_t i = 0;
    while (i < sums->count && strcmp(sums->rows[i].name, name) != 0)
        i++;
    if (i == sums->count && i + 1 < sizeof sums->rows / sizeof *sums->rows)
        sums->rows[sums->count++].name = name;
    return &sums->rows[i];
}

static bool is_single(const mocket_value *row, bool component)
{
    return !component || strcmp(text_of(row, "name"), "core module") == 0 || mocket_value_get(row, "custom");
}

static void print_section(const mocket_value *row, FILE *to)
{
    const char *custom = text_of(row, "custom");
    fprintf(to, "%10" PRId64 "  %s%s%s\n", int_of(row, "bytes"), text_of(row, "name"), custom[0] ? " " : "", custom);
}

static void print_sum(struct sum *sum, FILE *to)
{
    fprintf(to, "%10" PRId64 "  %s", sum->bytes, sum->name);
    fprintf(to, sum->count > 1 ? " (%" PRId64 " sections)\n" : "\n", sum->count);
    sum->printed = true;
}

static void print_sections(const mocket_value *list, bool component, FILE *to)
{
    struct sums sums = { .count = 0 };
    const char *label = "sections";
    for (size_t i = 0; i < mocket_value_count(list); i++) {
        const mocket_value *row = mocket_value_at(list, i);
        struct sum *sum = sum_of(&sums, text_of(row, "name"));
        sum->bytes += int_of(row, "bytes");
        sum->count++;
    }
    for (size_t i = 0; i < mocket_value_count(list); i++) {
        const mocket_value *row = mocket_value_at(list, i);
        struct sum *sum = sum_of(&sums, text_of(row, "name"));
        bool single = is_single(row, component);
        if (!single && sum->printed)
            continue;
        fprintf(to, "  %-*s", LABEL, label);
        label = "";
        if (single)
            print_section(row, to);
        else
            print_sum(sum, to);
    }
}

static void print_use(const mocket_value *report, FILE *to)
{
    const char *target = text_of(report, "target"), *runs = guest_target_runs(mocket__span(target));
    if (strcmp(target, "app") == 0)
        runs = "mocket serve FILE; `mocket bundle` makes files and folders for other hosts";
    if (runs)
        fprintf(to, "  %-*s%s\n", LABEL, "to run it", runs);
}

void inspect_print(const mocket_value *report, FILE *to)
{
    print_what(report, to);
    print_size(report, to);
    print_app(mocket_value_get(report, "app"), to);
    print_limits(report, to);
    print_style(mocket_value_get(report, "style"), to);
    print_imports(mocket_value_get(report, "imports"), to);
    print_exports(mocket_value_get(report, "exports"), to);
    print_sections(mocket_value_get(report, "sections"), strcmp(text_of(report, "form"), "component") == 0, to);
    print_use(report, to);
}
