/* The functions of libc that src/wire calls, beside those of core/libc.c. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

_Noreturn void abort(void)
{
    __builtin_trap();
}

static void swap(char *a, char *b, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        char c = a[i];
        a[i] = b[i];
        b[i] = c;
    }
}

struct heap {
    char *rows;
    size_t size;
    int (*compare)(const void *a, const void *b);
};

/* Moves the row at `at` down to its place among the first count rows. */
static void sift(const struct heap *h, size_t at, size_t count)
{
    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        char *largest = h->rows + child * h->size;
        if (child + 1 < count && h->compare(largest, largest + h->size) < 0) {
            child++;
            largest += h->size;
        }
        if (h->compare(h->rows + at * h->size, largest) >= 0)
            return;
        swap(h->rows + at * h->size, largest, h->size);
    }
}

/* Heapsort: no input makes it slow. */
void qsort(void *rows, size_t count, size_t size, int (*compare)(const void *a, const void *b))
{
    struct heap h = { rows, size, compare };
    for (size_t i = count / 2; i > 0; i--)
        sift(&h, i - 1, count);
    for (size_t left = count; left > 1; left--) {
        swap(h.rows, h.rows + (left - 1) * size, size);
        sift(&h, 0, left - 1);
    }
}

void *bsearch(const void *key, const void *rows, size_t count, size_t size,
              int (*compare)(const void *a, const void *b))
{
    size_t low = 0;
    while (low < count) {
        size_t middle = low + (count - low) / 2;
        const char *row = (const char *)rows + middle * size;
        int order = compare(key, row);
        if (order == 0)
            return (void *)row;
        if (order < 0)
            count = middle;
        else
            low = middle + 1;
    }
    return NULL;
}
