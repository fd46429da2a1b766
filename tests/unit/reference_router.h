/* The plain definition of a template (contract.md, R-11 to R-17), to hold the router against. Exponential in the number
 * of `**`: for short inputs only. */
#ifndef MOCKET_TESTS_REFERENCE_ROUTER_H
#define MOCKET_TESTS_REFERENCE_ROUTER_H

#include <string.h>

/* Template and path from a place where a segment begins. */
static inline int reference_match(const char *template, const char *path)
{
    if (strncmp(template, "**", 2) == 0 && (template[2] == '/' || !template[2])) {
        if (!template[2])
            return 1;
        for (const char *p = path;; p++) { /* shortest first */
            if ((p == path || p[-1] == '/') && reference_match(template + 3, p))
                return 1;
            if (!*p)
                return 0;
        }
    }
    size_t t = strcspn(template, "/"), p = strcspn(path, "/");
    int wild = template[0] == ':' || (t == 1 && template[0] == '*');
    if (!wild && (t != p || memcmp(template, path, t) != 0))
        return 0;
    if (!template[t] && !path[p])
        return 1;
    if (template[t] && !path[p]) { /* only `**` at the end may match nothing at all */
        template += t;
        while (strncmp(template, "/**", 3) == 0)
            template += 3;
        return !*template;
    }
    return template[t] && path[p] && reference_match(template + t + 1, path + p + 1);
}

#endif
