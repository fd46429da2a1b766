/* A word is near to a name if it begins the name, if it is among the words that other programs have for the same thing,
 * or if one or two slips of the keyboard lead from one to the other: a letter left out, added, replaced, or two
 * exchanged (the distance of Damerau and Levenshtein, with each place edited at most once). */
#include "near.h"

#include <string.h>

#define LONGEST 40 /* letters of a word; longer words are near to nothing */
#define COST_BEGINNING 1
#define COST_NONE 9

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t rows[3][LONGEST + 1];
    for (size_t k = 0; k <= b_len; k++)
        rows[0][k] = k;
    for (size_t i = 1; i <= a_len; i++) {
        size_t *now = rows[i % 3], *before = rows[(i + 2) % 3], *earlier = rows[(i + 1) % 3];
        now[0] = i;
        for (size_t k = 1; k <= b_len; k++) {
            now[k] = smaller(smaller(before[k], now[k - 1]) + 1, before[k - 1] + (a[i - 1] != b[k - 1]));
            if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1])
                now[k] = smaller(now[k], earlier[k - 2] + 1);
        }
    }
    return rows[a_len % 3][b_len];
}

static bool is_among(const char *words, const char *word, size_t len)
{
    while (words && *words) {
        size_t each = strcspn(words, " ");
        if (each == len && memcmp(words, word, len) == 0)
            return true;
        words += each + strspn(words + each, " ");
    }
    return false;
}

static size_t cost_of(const struct cli_near *near, const char *name, const char *also)
{
    size_t len = strlen(name);
    if (is_among(also, near->word, near->len))
        return 0;
    if (near->len < 2 || near->len > LONGEST || len > LONGEST)
        return COST_NONE;
    if (strncmp(name, near->word, near->len) == 0)
        return COST_BEGINNING;
    size_t edits = distance(near->word, near->len, name, len);
    return edits <= (near->len < 5 ? 1 : 2) ? COST_BEGINNING + edits : COST_NONE;
}

void mocket__cli_near_add(struct cli_near *near, const char *name, const char *also)
{
    size_t cost = cost_of(near, name, also);
    if (cost >= COST_NONE || (near->name && cost > near->cost))
        return;
    near->is_ambiguous = near->name && cost == near->cost;
    near->name = name;
    near->cost = cost;
}

const char *mocket__cli_near_best(const struct cli_near *near)
{
    return near->is_ambiguous ? NULL : near->name;
}
