/* No parser: statements of an import are recognised by the word at the beginning of their line, and end at the first
 * quotation mark or semicolon. A dynamic import in a comment counts too, which costs a file at most. */
#include "imports.h"

#include <string.h>

#include "../../src/base/span.h"

static bool begins(mocket_span text, size_t at, const char *word)
{
    size_t len = strlen(word);
    return text.len - at >= len && memcmp(text.ptr + at, word, len) == 0;
}

/* The quoted text that begins at `at`; false when it has no end on its line. */
static bool take_quoted(mocket_span text, size_t at, mocket_span *quoted)
{
    size_t end = at + 1;
    while (end < text.len && text.ptr[end] != text.ptr[at] && text.ptr[end] != '\n')
        end++;
    *quoted = (mocket_span){ text.ptr + at + 1, end - at - 1 };
    return end < text.len && text.ptr[end] == text.ptr[at];
}

/* A statement that begins at `at`: its specifier. */
static bool take_statement(mocket_span text, size_t at, mocket_span *specifier)
{
    size_t word = at;
    for (; at < text.len && !strchr(";(='\"", text.ptr[at]); at++)
        continue;
    bool quoted = at < text.len && (text.ptr[at] == '\'' || text.ptr[at] == '"');
    return quoted && at > word && take_quoted(text, at, specifier);
}

bool bundle_next_import(mocket_span text, size_t *at, mocket_span *specifier)
{
    static const char *const calls[] = { "import('", "new URL('" };
    for (; *at < text.len; ++*at) {
        bool statement = *at == 0 || text.ptr[*at - 1] == '\n';
        bool found = false;
        if (statement &&
            (begins(text, *at, "import ") || begins(text, *at, "export {") || begins(text, *at, "export *")))
            found = take_statement(text, *at, specifier);
        for (size_t i = 0; i < sizeof calls / sizeof *calls && !found; i++)
            if (begins(text, *at, calls[i]))
                found = take_quoted(text, *at + strlen(calls[i]) - 1, specifier);
        if (found) {
            *at = (size_t)(specifier->ptr + specifier->len - text.ptr);
            return true;
        }
    }
    return false;
}

/* Drops the last part of a path: "a/b" -> "a", "a" -> "". */
static size_t parent(const char *path, size_t len)
{
    while (len > 0 && path[len - 1] != '/')
        len--;
    return len > 0 ? len - 1 : 0;
}

bool bundle_resolve(const char *from, mocket_span specifier, char *path, size_t room)
{
    size_t len = parent(from, strlen(from));
    if (len >= room)
        return false;
    memcpy(path, from, len);
    while (specifier.len > 0) {
        size_t end = mocket__span_find(specifier, '/', 0);
        mocket_span part = mocket__span_slice(specifier, 0, end);
        specifier = mocket__span_slice(specifier, end + 1, specifier.len);
        if (mocket__span_eq(part, MOCKET_SPAN("..")) && len == 0)
            return false;
        if (mocket__span_eq(part, MOCKET_SPAN("..")))
            len = parent(path, len);
        if (part.len == 0 || part.ptr[0] == '.')
            continue;
        if (len + 1 + part.len >= room)
            return false;
        if (len > 0)
            path[len++] = '/';
        memcpy(path + len, part.ptr, part.len);
        len += part.len;
    }
    path[len] = '\0';
    return len > 0;
}
