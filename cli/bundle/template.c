/* Line by line. A mark is the last thing of a line, behind the sign of a comment. */
#include "template.h"

#include <stddef.h>

#include "../../src/base/span.h"

struct line {
    mocket_span text; /* without its end and its mark */
    mocket_span mark; /* "? sockets", "* modules"; ptr NULL: none */
};

static bool ends_with(mocket_span text, mocket_span end)
{
    return text.len >= end.len && memcmp(text.ptr + text.len - end.len, end.ptr, end.len) == 0;
}

/* Where the sign of a comment and a mark begin in a line, or its length. */
static size_t find_mark(mocket_span text, size_t *sign)
{
    static const char *const signs[] = { "//", "#", "<!--" };
    for (size_t at = text.len; at-- > 0;)
        for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
            size_t len = strlen(signs[i]);
            if (text.len - at < len + 2 || memcmp(text.ptr + at, signs[i], len) != 0 || text.ptr[at + len + 1] != ' ')
                continue;
            if (text.ptr[at + len] != '?' && text.ptr[at + len] != '*')
                continue;
            *sign = len;
            return at;
        }
    return text.len;
}

static struct line split(mocket_span text)
{
    size_t sign = 0, at = find_mark(text, &sign);
    struct line line = { text, { NULL, 0 } };
    if (at == text.len)
        return line;
    line.mark = mocket__span_slice(text, at + sign, text.len);
    if (ends_with(line.mark, MOCKET_SPAN("-->")))
        line.mark.len -= strlen("-->");
    line.mark = mocket__span_trim(line.mark);
    line.text.len = at;
    while (line.text.len > 0 && line.text.ptr[line.text.len - 1] == ' ')
        line.text.len--;
    return line;
}

/* The fact with this name; NULL when the name is unknown. */
static const bool *find_fact(const struct bundle_words *words, mocket_span name)
{
    static const struct {
        const char *name;
        size_t at;
    } facts[] = {
        { "sockets", offsetof(struct bundle_words, sockets) },
        { "waits", offsetof(struct bundle_words, waits) },
        { "fetches", offsetof(struct bundle_words, fetches) },
    };
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
        if (mocket__span_eq(name, mocket__span(facts[i].name)))
            return (const bool *)((const char *)words + facts[i].at);
    return NULL;
}

static const char *find_word(const struct bundle_words *words, const char *module, mocket_span name)
{
    const struct {
        const char *name, *text;
    } table[] = {
        { "name", words->name }, { "hash", words->hash }, { "version", MOCKET_VERSION }, { "module", module }
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (mocket__span_eq(name, mocket__span(table[i].name)))
            return table[i].text;
    return NULL;
}

/* One line with its words replaced. module: what {{module}} is; NULL: nothing. */
static int add_line(mocket_span text, const struct bundle_words *words, const char *module, struct mocket_buf *out,
                    mocket_span *wrong)
{
    size_t at = 0;
    for (size_t open = mocket__span_find(text, '{', 0); open + 1 < text.len;
         open = mocket__span_find(text, '{', open + 1)) {
        if (text.ptr[open + 1] != '{')
            continue;
        size_t end = mocket__span_find(text, '}', open);
        mocket_span name = mocket__span_slice(text, open + 2, end);
        const char *word = find_word(words, module, name);
        if (!word || end + 1 >= text.len || text.ptr[end + 1] != '}') {
            *wrong = name;
            return MOCKET_EINVAL;
        }
        mocket__buf_span(out, mocket__span_slice(text, at, open));
        mocket__buf_text(out, word);
        at = end + 2;
        open = end + 1;
    }
    mocket__buf_span(out, mocket__span_slice(text, at, text.len));
    mocket__buf_text(out, "\n");
    return 0;
}

static int add_modules(mocket_span text, const struct bundle_words *words, struct mocket_buf *out, mocket_span *wrong)
{
    int rc = 0;
    for (size_t i = 0; words->modules && i < words->modules->count && rc == 0; i++) {
        const char *name = words->modules->rows[i].name;
        if (strncmp(name, "mocket/", 7) == 0)
            rc = add_line(text, words, name, out, wrong);
    }
    return rc;
}

static int add_marked(const struct line *line, const struct bundle_words *words, struct mocket_buf *out,
                      mocket_span *wrong)
{
    mocket_span what = mocket__span_trim(mocket__span_slice(line->mark, 1, line->mark.len));
    bool negated = what.len > 0 && what.ptr[0] == '!';
    if (line->mark.ptr[0] == '*' && mocket__span_eq(what, MOCKET_SPAN("modules")))
        return add_modules(line->text, words, out, wrong);
    const bool *fact = find_fact(words, mocket__span_slice(what, negated, what.len));
    if (line->mark.ptr[0] != '?' || !fact) {
        *wrong = line->mark;
        return MOCKET_EINVAL;
    }
    return *fact != negated ? add_line(line->text, words, NULL, out, wrong) : 0;
}

int bundle_expand(mocket_span template, const struct bundle_words *words, struct mocket_buf *out, mocket_span *wrong)
{
    int rc = 0;
    while (template.len > 0 && rc == 0) {
        size_t end = mocket__span_find(template, '\n', 0);
        struct line line = split(mocket__span_slice(template, 0, end));
        template = mocket__span_slice(template, end + 1, template.len);
        rc = line.mark.ptr ? add_marked(&line, words, out, wrong) : add_line(line.text, words, NULL, out, wrong);
    }
    return rc;
}
