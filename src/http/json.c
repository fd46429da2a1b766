/* JSON values, by yyjson.
 *
 * A document is either parsed or built. Parsed values are contiguous in one block and never change; built values are
 * linked and grow. Both kinds have type, length and content in the same two words. So code that reads a scalar need not
 * know the kind; only code that walks through members does. The app holds a small handle in the arena, with the value
 * and its document.
 *
 * What must stay true: no value is deeper than MOCKET_JSON_DEPTH_MAX. Parsing checks it without recursion, building
 * checks a value before it is copied; copying built values is recursive and relies on it. Only the root of a built
 * document is ever changed, since lookups give const values. All memory is the arena's: freeing does nothing, the arena
 * ends it all. */
#include "json.h"

#include "../base/span.h"

#define YYJSON_DISABLE_UTILS 1
#define YYJSON_DISABLE_NON_STANDARD 1
#define yyjson_api static __attribute__((unused))
#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpragmas"
#pragma GCC diagnostic ignored "-Wunknown-warning-option"
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wunused-const-variable"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#endif
#include <yyjson.c>
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

enum { CURSORS = 8 };

/* The last position in an array, so that a loop over an array costs one step for each element. */
struct cursor {
    const void *array;
    size_t index;
    void *element;
};

struct document {
    struct mocket_arena *arena;
    yyjson_alc alc;
    yyjson_mut_doc *built;          /* NULL: parsed */
    int status;                     /* the first mistake of a builder */
    struct cursor cursors[CURSORS]; /* last used first */
};

struct mocket_value {
    struct document *doc;
    void *val; /* yyjson_mut_val in a built document, else yyjson_val */
};

/* ---- Memory ---------------------------------------------------------------------------------------------------- */

static void *arena_malloc(void *arena, size_t len)
{
    return mocket__arena_alloc(arena, len);
}

static void *arena_realloc(void *arena, void *ptr, size_t old_len, size_t len)
{
    if (len <= old_len)
        return ptr;
    void *grown = mocket__arena_alloc(arena, len);
    if (grown && old_len)
        memcpy(grown, ptr, old_len);
    return grown;
}

static void arena_free(void *arena, void *ptr)
{
    (void)arena;
    (void)ptr;
}

static yyjson_alc allocator(struct mocket_arena *a)
{
    return (yyjson_alc){ arena_malloc, arena_realloc, arena_free, a };
}

static mocket_value *new_value(struct document *doc, void *val)
{
    mocket_value *v = val ? mocket__arena_alloc(doc->arena, sizeof *v) : NULL;
    if (v)
        *v = (mocket_value){ doc, val };
    return v;
}

static struct document *new_document(struct mocket_arena *a)
{
    struct document *doc = mocket__arena_zero(a, sizeof *doc);
    if (!doc)
        return NULL;
    doc->arena = a;
    doc->alc = allocator(a);
    return doc;
}

static void remember(struct document *doc, int code)
{
    if (doc->status == 0)
        doc->status = code;
}

/* ---- Depth ----------------------------------------------------------------------------------------------------- */

static bool parsed_fits(yyjson_val *root, size_t levels)
{
    const yyjson_val *ends[MOCKET_JSON_DEPTH_MAX]; /* of the containers around v */
    const yyjson_val *end = unsafe_yyjson_get_next(root);
    size_t depth = 0;
    for (yyjson_val *v = root; v < end; v++) {
        while (depth > 0 && v >= ends[depth - 1])
            depth--;
        if (!unsafe_yyjson_is_ctn(v))
            continue;
        if (depth == levels)
            return false;
        ends[depth++] = unsafe_yyjson_get_next(v);
    }
    return true;
}

/* Recursive, but never deeper than levels. */
static bool built_fits(yyjson_mut_val *v, size_t levels)
{
    if (!unsafe_yyjson_is_ctn(v))
        return true;
    if (levels == 0)
        return false;
    size_t count = unsafe_yyjson_get_len(v) << unsafe_yyjson_is_obj(v); /* keys and values are linked alike */
    yyjson_mut_val *child = v->uni.ptr;
    for (; count > 0; count--, child = child->next)
        if (!built_fits(child, levels - 1))
            return false;
    return true;
}

/* ---- Text ------------------------------------------------------------------------------------------------------ */

int mocket__json_parse(struct mocket_arena *a, mocket_span text, const mocket_value **out)
{
    *out = NULL;
    struct document *doc = new_document(a);
    if (!doc)
        return MOCKET_ENOMEM;
    yyjson_read_err error;
    yyjson_doc *parsed = yyjson_read_opts((char *)(uintptr_t)text.ptr, text.len, YYJSON_READ_NOFLAG, &doc->alc, &error);
    if (!parsed)
        return error.code == YYJSON_READ_ERROR_MEMORY_ALLOCATION ? MOCKET_ENOMEM : MOCKET_EINVAL;
    if (!parsed_fits(parsed->root, MOCKET_JSON_DEPTH_MAX))
        return MOCKET_EINVAL;
    *out = new_value(doc, parsed->root);
    return *out ? 0 : MOCKET_ENOMEM;
}

int mocket__json_write(struct mocket_arena *a, const mocket_value *value, mocket_span *out)
{
    *out = (mocket_span){ NULL, 0 };
    if (!value)
        return a->failed ? MOCKET_ENOMEM : MOCKET_EINVAL;
    if (value->doc->status < 0)
        return value->doc->status;
    yyjson_alc alc = allocator(a);
    yyjson_write_err error;
    out->ptr = value->doc->built ? yyjson_mut_val_write_opts(value->val, YYJSON_WRITE_NOFLAG, &alc, &out->len, &error)
                                 : yyjson_val_write_opts(value->val, YYJSON_WRITE_NOFLAG, &alc, &out->len, &error);
    if (out->ptr)
        return 0;
    out->len = 0;
    return error.code == YYJSON_WRITE_ERROR_MEMORY_ALLOCATION ? MOCKET_ENOMEM : MOCKET_EINVAL;
}

/* ---- Reading --------------------------------------------------------------------------------------------------- */

static size_t count_of(const mocket_value *v)
{
    return unsafe_yyjson_is_ctn(v->val) ? unsafe_yyjson_get_len(v->val) : 0;
}

static yyjson_val *parsed_member(yyjson_val *object, mocket_span key)
{
    yyjson_val *found = NULL, *name = unsafe_yyjson_get_first(object);
    for (size_t left = unsafe_yyjson_get_len(object); left > 0; left--) {
        if (unsafe_yyjson_equals_strn(name, key.ptr, key.len))
            found = name + 1; /* the last duplicate counts */
        name = unsafe_yyjson_get_next(name + 1);
    }
    return found;
}

static yyjson_mut_val *built_member(yyjson_mut_val *object, mocket_span key)
{
    size_t left = unsafe_yyjson_get_len(object);
    yyjson_mut_val *found = NULL, *name = left ? ((yyjson_mut_val *)object->uni.ptr)->next->next : NULL;
    for (; left > 0; left--) {
        if (unsafe_yyjson_equals_strn(name, key.ptr, key.len))
            found = name->next;
        name = name->next->next;
    }
    return found;
}

const mocket_value *mocket_value_get(const mocket_value *object, const char *key)
{
    if (!object || !key || !unsafe_yyjson_is_obj(object->val))
        return NULL;
    mocket_span name = mocket__span(key);
    void *member =
        object->doc->built ? (void *)built_member(object->val, name) : (void *)parsed_member(object->val, name);
    return new_value(object->doc, member);
}

static void *first_element(const mocket_value *array)
{
    if (!array->doc->built)
        return unsafe_yyjson_get_first(array->val);
    return ((yyjson_mut_val *)((yyjson_mut_val *)array->val)->uni.ptr)->next;
}

static void *next_element(const mocket_value *array, void *element)
{
    return array->doc->built ? (void *)((yyjson_mut_val *)element)->next : (void *)unsafe_yyjson_get_next(element);
}

/* Removes the array's cursor from the list, or makes one at the beginning of the array. The cursors in front of it move
 * up by one. */
static struct cursor take_cursor(const mocket_value *array)
{
    struct cursor *all = array->doc->cursors, taken = { array->val, 0, NULL };
    size_t place = 0;
    while (place < CURSORS - 1 && all[place].array != array->val)
        place++;
    if (all[place].array == array->val)
        taken = all[place];
    memmove(all + 1, all, place * sizeof *all);
    return taken;
}

const mocket_value *mocket_value_at(const mocket_value *array, size_t i)
{
    if (!array || !unsafe_yyjson_is_arr(array->val) || i >= count_of(array))
        return NULL;
    struct cursor cursor = take_cursor(array);
    if (!cursor.element || cursor.index > i)
        cursor = (struct cursor){ array->val, 0, first_element(array) };
    for (; cursor.index < i; cursor.index++)
        cursor.element = next_element(array, cursor.element);
    array->doc->cursors[0] = cursor;
    return new_value(array->doc, cursor.element);
}

size_t mocket_value_count(const mocket_value *v)
{
    return v ? count_of(v) : 0;
}

const char *mocket_value_text(const mocket_value *v, const char *otherwise)
{
    return v && unsafe_yyjson_is_str(v->val) ? unsafe_yyjson_get_str(v->val) : otherwise;
}

/* Up to here every whole number has a double of its own. */
#define EXACT_MAX 9007199254740992.0

/* JSON knows one kind of number: 1.0 and 1e0 are whole as well. */
int64_t mocket_value_int(const mocket_value *v, int64_t otherwise)
{
    if (!v || !unsafe_yyjson_is_num(v->val))
        return otherwise;
    if (unsafe_yyjson_is_sint(v->val))
        return unsafe_yyjson_get_sint(v->val);
    if (unsafe_yyjson_is_uint(v->val)) {
        uint64_t n = unsafe_yyjson_get_uint(v->val);
        return n <= INT64_MAX ? (int64_t)n : otherwise;
    }
    double n = unsafe_yyjson_get_real(v->val);
    return n >= -EXACT_MAX && n <= EXACT_MAX && n == (double)(int64_t)n ? (int64_t)n : otherwise;
}

double mocket_value_number(const mocket_value *v, double otherwise)
{
    return v && unsafe_yyjson_is_num(v->val) ? unsafe_yyjson_get_num(v->val) : otherwise;
}

bool mocket_value_bool(const mocket_value *v, bool otherwise)
{
    return v && unsafe_yyjson_is_bool(v->val) ? unsafe_yyjson_get_bool(v->val) : otherwise;
}

/* ---- Building -------------------------------------------------------------------------------------------------- */

mocket_value *mocket__json_new(struct mocket_arena *a, bool array)
{
    struct document *doc = new_document(a);
    if (!doc)
        return NULL;
    doc->built = yyjson_mut_doc_new(&doc->alc);
    return new_value(doc, array ? yyjson_mut_arr(doc->built) : yyjson_mut_obj(doc->built));
}

/* Returns the document to add to. If v is not the expected kind of value, records the mistake and returns NULL. */
static yyjson_mut_doc *builder(mocket_value *v, bool array)
{
    if (!v)
        return NULL;
    if (v->doc->built && (array ? unsafe_yyjson_is_arr(v->val) : unsafe_yyjson_is_obj(v->val)))
        return v->doc->built;
    remember(v->doc, MOCKET_EINVAL);
    return NULL;
}

static void put(mocket_value *object, const char *key, yyjson_mut_val *val)
{
    yyjson_mut_val *present = val ? built_member(object->val, mocket__span(key)) : NULL;
    if (present) {
        present->tag = val->tag; /* in the old one's place: the order is kept */
        present->uni = val->uni;
        memset(object->doc->cursors, 0, sizeof object->doc->cursors);
    } else if (!val || !yyjson_mut_obj_add(object->val, yyjson_mut_strcpy(object->doc->built, key), val)) {
        remember(object->doc, MOCKET_ENOMEM);
    }
}

static void append(mocket_value *array, yyjson_mut_val *val)
{
    if (!yyjson_mut_arr_append(array->val, val))
        remember(array->doc, MOCKET_ENOMEM);
}

static yyjson_mut_val *make_text(yyjson_mut_doc *doc, const char *text)
{
    return text ? yyjson_mut_strcpy(doc, text) : yyjson_mut_null(doc);
}

/* Whole numbers are written without a fraction, as other JSON writers do. */
static yyjson_mut_val *make_number(yyjson_mut_doc *doc, double n)
{
    bool whole = n >= -EXACT_MAX && n <= EXACT_MAX && n == (double)(int64_t)n;
    return whole ? yyjson_mut_sint(doc, (int64_t)n) : yyjson_mut_real(doc, n);
}

/* Copies a value. NULL when out of memory. A value that must not be copied is recorded as a mistake and becomes
 * null. */
static yyjson_mut_val *make_copy(struct document *doc, const mocket_value *value)
{
    if (!value) {
        if (doc->arena->failed)
            remember(doc, MOCKET_ENOMEM);
        return yyjson_mut_null(doc->built);
    }
    bool built = value->doc->built;
    if (value->doc->status < 0)
        remember(doc, value->doc->status);
    else if (built ? built_fits(value->val, MOCKET_JSON_DEPTH_MAX - 1)
                   : parsed_fits(value->val, MOCKET_JSON_DEPTH_MAX - 1))
        return built ? yyjson_mut_val_mut_copy(doc->built, value->val) : yyjson_val_mut_copy(doc->built, value->val);
    else
        remember(doc, MOCKET_EINVAL);
    return yyjson_mut_null(doc->built);
}

static yyjson_mut_doc *object_builder(mocket_value *object, const char *key)
{
    yyjson_mut_doc *doc = builder(object, false);
    if (doc && !key)
        remember(object->doc, MOCKET_EINVAL);
    return key ? doc : NULL;
}

void mocket_value_set_text(mocket_value *object, const char *key, const char *text)
{
    yyjson_mut_doc *doc = object_builder(object, key);
    if (doc)
        put(object, key, make_text(doc, text));
}

void mocket_value_set_int(mocket_value *object, const char *key, int64_t number)
{
    yyjson_mut_doc *doc = object_builder(object, key);
    if (doc)
        put(object, key, yyjson_mut_sint(doc, number));
}

void mocket_value_set_number(mocket_value *object, const char *key, double number)
{
    yyjson_mut_doc *doc = object_builder(object, key);
    if (doc)
        put(object, key, make_number(doc, number));
}

void mocket_value_set_bool(mocket_value *object, const char *key, bool yes)
{
    yyjson_mut_doc *doc = object_builder(object, key);
    if (doc)
        put(object, key, yyjson_mut_bool(doc, yes));
}

void mocket_value_set_value(mocket_value *object, const char *key, const mocket_value *value)
{
    if (object_builder(object, key))
        put(object, key, make_copy(object->doc, value));
}

void mocket_value_add_text(mocket_value *array, const char *text)
{
    yyjson_mut_doc *doc = builder(array, true);
    if (doc)
        append(array, make_text(doc, text));
}

void mocket_value_add_int(mocket_value *array, int64_t number)
{
    yyjson_mut_doc *doc = builder(array, true);
    if (doc)
        append(array, yyjson_mut_sint(doc, number));
}

void mocket_value_add_number(mocket_value *array, double number)
{
    yyjson_mut_doc *doc = builder(array, true);
    if (doc)
        append(array, make_number(doc, number));
}

void mocket_value_add_bool(mocket_value *array, bool yes)
{
    yyjson_mut_doc *doc = builder(array, true);
    if (doc)
        append(array, yyjson_mut_bool(doc, yes));
}

void mocket_value_add_value(mocket_value *array, const mocket_value *value)
{
    if (builder(array, true))
        append(array, make_copy(array->doc, value));
}
