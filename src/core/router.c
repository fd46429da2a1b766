/* Path templates to handlers.
 *
 * A template without `:` and `*` is static: one look into a hash table. The others form a tree per method, a level for
 * each segment. The part of a template behind a `**` hangs, last segment first, in a second tree below the node of the
 * `**`, and is matched from the end of the path. Only templates with several `**` are tried one by one.
 *
 * What must stay true: among the dynamic routes of a method the one registered first wins, whatever its shape.
 * Each node knows the smallest registration number in it and below it; a branch that cannot beat the best match so far
 * is not visited. The search only decides which route wins; capture() then reads the parameters, once. */
#include "router.h"

#include <assert.h>

#include "../base/buf.h"
#include "../base/check.h"
#include "../base/span.h"

#define NONE ((size_t)-1)
#define SHORT_PATH 32 /* segments of a path that need no allocation */

struct child {
    mocket_span segment;
    uint32_t hash;
    struct mocket_node *node;
};

struct mocket_node {
    size_t least;           /* smallest route number here and below */
    struct child *children; /* literal segments: open addressing, cap a power of two */
    size_t child_count, child_cap;
    struct mocket_node *wild;            /* `:name` and `*` */
    struct mocket_node *suffix;          /* behind a `**` at this place: tree of the rest, backwards */
    const struct mocket_route *route;    /* the template ends here; first registered */
    const struct mocket_route **several; /* suffix roots only: templates with another `**`, in order */
    size_t several_count, several_cap;
};

struct segments {
    const mocket_span *at;
    size_t count;
};

/* The best match so far. */
struct search {
    struct segments path;
    const struct mocket_route *best;
};

static uint32_t hash_of(mocket_span s)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < s.len; i++)
        hash = (hash ^ (unsigned char)s.ptr[i]) * 16777619u;
    return hash;
}

static bool is_rest(mocket_span segment)
{
    return segment.len == 2 && segment.ptr[0] == '*' && segment.ptr[1] == '*';
}

static bool is_wild(mocket_span segment)
{
    return (segment.len > 0 && segment.ptr[0] == ':') || (segment.len == 1 && segment.ptr[0] == '*');
}

static bool is_dynamic(mocket_span template)
{
    return mocket__span_find(template, ':', 0) < template.len || mocket__span_find(template, '*', 0) < template.len;
}

/* ---- segments: split at '/', empty ones kept (R-11) ---- */

static size_t count_segments(mocket_span path)
{
    size_t count = 1;
    for (size_t i = 0; i < path.len; i++)
        count += path.ptr[i] == '/';
    return count;
}

static void split(mocket_span path, mocket_span *out)
{
    size_t from = 0;
    for (;;) {
        size_t end = mocket__span_find(path, '/', from);
        *out++ = mocket__span_slice(path, from, end);
        if (end == path.len)
            return;
        from = end + 1;
    }
}

/* Splits into room, or into the arena when it is longer. False: no memory. */
static bool segments_of(mocket_span path, mocket_span room[SHORT_PATH], struct mocket_arena *a, struct segments *out)
{
    size_t count = count_segments(path);
    mocket_span *at = count <= SHORT_PATH ? room : mocket__arena_alloc(a, count * sizeof *at);
    if (!at)
        return false;
    split(path, at);
    *out = (struct segments){ at, count };
    return true;
}

/* The bytes that segments from..to cover, slashes between them included. */
static mocket_span join(struct segments path, size_t from, size_t to)
{
    if (from == to)
        return MOCKET_SPAN("");
    const char *start = path.at[from].ptr;
    return (mocket_span){ start, (size_t)(path.at[to - 1].ptr + path.at[to - 1].len - start) };
}

/* ---- one template against one path, and its parameters ---- */

static void set_param(struct mocket_fields *params, struct mocket_arena *a, mocket_span name, mocket_span value)
{
    for (size_t i = 0; i < params->count; i++) {
        if (mocket__span_eq(params->rows[i].name, name)) {
            params->rows[i].value = value; /* the last capture wins */
            return;
        }
    }
    mocket__fields_add(params, a, name, value);
}

static bool segment_matches(mocket_span template, mocket_span segment)
{
    return is_wild(template) || mocket__span_eq(template, segment);
}

/* Do count template segments match the path at `at`? */
static bool block_matches(const mocket_span *template, size_t count, struct segments path, size_t at)
{
    if (count > path.count - at)
        return false;
    for (size_t i = 0; i < count; i++)
        if (!segment_matches(template[i], path.at[at + i]))
            return false;
    return true;
}

/* Finds the position of the block behind a `**` in the path: the last block at the end of the path, all others as early
 * as possible. NONE: no position. The earliest position is enough, because it leaves the most text for the
 * blocks behind. */
static size_t place_block(const mocket_span *block, size_t count, bool last, struct segments path, size_t from)
{
    if (count > path.count - from)
        return NONE;
    if (last)
        return block_matches(block, count, path, path.count - count) ? path.count - count : NONE;
    for (size_t at = from; at + count <= path.count; at++)
        if (block_matches(block, count, path, at))
            return at;
    return NONE;
}

static void capture_block(const mocket_span *block, size_t count, struct segments path, size_t at,
                          struct mocket_arena *a, struct mocket_fields *params)
{
    for (size_t i = 0; params && i < count; i++) {
        if (!is_wild(block[i]))
            continue;
        bool named = block[i].ptr[0] == ':';
        set_param(params, a, named ? mocket__span_slice(block[i], 1, block[i].len) : MOCKET_SPAN("_"), path.at[at + i]);
    }
}

static size_t block_end(struct segments template, size_t from)
{
    while (from < template.count && !is_rest(template.at[from]))
        from++;
    return from;
}

/* The whole template against the whole path, in work linear in both for each `**`. params may be NULL. */
static bool capture(struct segments template, struct segments path, struct mocket_arena *a,
                    struct mocket_fields *params)
{
    size_t end = block_end(template, 0);
    if (!block_matches(template.at, end, path, 0) || (end == template.count && end != path.count))
        return false;
    capture_block(template.at, end, path, 0, a, params);
    size_t at = end;
    while (end < template.count) {
        size_t from = end + 1;
        end = block_end(template, from);
        bool last = end == template.count;
        size_t place = place_block(template.at + from, end - from, last, path, at);
        if (place == NONE)
            return false;
        bool nothing_there = last && end == from && at == path.count;
        if (params && !nothing_there)
            set_param(params, a, MOCKET_SPAN("_"), join(path, at, place));
        capture_block(template.at + from, end - from, path, place, a, params);
        at = place + (end - from);
    }
    return true;
}

/* ---- building ---- */

static struct mocket_node *node_new(struct mocket_arena *a)
{
    struct mocket_node *n = mocket__arena_zero(a, sizeof *n);
    if (n)
        n->least = NONE;
    return n;
}

/* The slot of a segment: its child, or an empty one. The table is never full. */
static struct child *child_slot(const struct mocket_node *n, mocket_span segment, uint32_t hash)
{
    size_t mask = n->child_cap - 1;
    size_t i = hash & mask;
    while (n->children[i].node && !(n->children[i].hash == hash && mocket__span_eq(n->children[i].segment, segment)))
        i = (i + 1) & mask;
    return &n->children[i];
}

static struct mocket_node *child_find(const struct mocket_node *n, mocket_span segment)
{
    return n->child_count ? child_slot(n, segment, hash_of(segment))->node : NULL;
}

static bool children_grow(struct mocket_node *n, struct mocket_arena *a)
{
    struct mocket_node old = *n;
    size_t cap = old.child_cap ? old.child_cap * 2 : 4;
    struct child *children = mocket__arena_zero(a, cap * sizeof *children);
    if (!children)
        return false;
    n->children = children;
    n->child_cap = cap;
    for (size_t i = 0; i < old.child_cap; i++)
        if (old.children[i].node)
            *child_slot(n, old.children[i].segment, old.children[i].hash) = old.children[i];
    return true;
}

static struct mocket_node *child_of(struct mocket_node *n, mocket_span segment, struct mocket_arena *a)
{
    struct mocket_node *found = child_find(n, segment);
    if (found)
        return found;
    if ((n->child_count + 1) * 2 > n->child_cap && !children_grow(n, a))
        return NULL;
    struct mocket_node *node = node_new(a);
    if (!node)
        return NULL;
    uint32_t hash = hash_of(segment);
    *child_slot(n, segment, hash) = (struct child){ segment, hash, node };
    n->child_count++;
    return node;
}

/* The node one template segment further, made if need be; notes the route's number on the way. */
static struct mocket_node *step(struct mocket_node *n, mocket_span segment, size_t number, struct mocket_arena *a)
{
    struct mocket_node **special = is_rest(segment) ? &n->suffix : is_wild(segment) ? &n->wild : NULL;
    if (special && !*special)
        *special = node_new(a);
    struct mocket_node *next = special ? *special : child_of(n, segment, a);
    if (next && number < next->least)
        next->least = number;
    return next;
}

static int add_several(struct mocket_node *n, const struct mocket_route *route, struct mocket_arena *a)
{
    if (n->several_count == n->several_cap) {
        const struct mocket_route **grown = mocket__arena_grow(a, n->several, &n->several_cap, 4, sizeof *grown);
        if (!grown)
            return MOCKET_ENOMEM;
        n->several = grown;
    }
    n->several[n->several_count++] = route;
    return 0;
}

static int plant(struct mocket_node *root, const struct mocket_route *route, struct mocket_arena *a)
{
    mocket_span room[SHORT_PATH];
    struct segments template;
    if (!segments_of(route->template, room, a, &template))
        return MOCKET_ENOMEM;
    struct mocket_node *n = root;
    size_t rest = block_end(template, 0);
    size_t front = rest < template.count ? rest + 1 : rest;
    if (route->number < n->least)
        n->least = route->number;
    for (size_t i = 0; n && i < front; i++)
        n = step(n, template.at[i], route->number, a);
    if (n && front < template.count && block_end(template, front) < template.count)
        return add_several(n, route, a);
    for (size_t i = template.count; n && i > front; i--)
        n = step(n, template.at[i - 1], route->number, a);
    if (!n)
        return MOCKET_ENOMEM;
    if (!n->route)
        n->route = route;
    return 0;
}

static struct mocket_method_routes *method_find(const struct mocket_router *r, mocket_span method)
{
    for (size_t i = 0; i < r->method_count; i++)
        if (mocket__span_eq(r->methods[i].method, method))
            return &r->methods[i];
    return NULL;
}

static struct mocket_method_routes *method_of(struct mocket_router *r, mocket_span method)
{
    struct mocket_method_routes *found = method_find(r, method);
    if (found)
        return found;
    if (r->method_count == r->method_cap) {
        struct mocket_method_routes *grown = mocket__arena_grow(r->arena, r->methods, &r->method_cap, 4, sizeof *grown);
        if (!grown)
            return NULL;
        r->methods = grown;
    }
    struct mocket_method_routes *m = &r->methods[r->method_count++];
    *m = (struct mocket_method_routes){ .method = method };
    return m;
}

static struct mocket_route *static_find(const struct mocket_router *r, mocket_span method, mocket_span path)
{
    if (r->static_count == 0)
        return NULL;
    struct mocket_route *route = r->buckets[hash_of(path) & (r->bucket_count - 1)];
    while (route && !(mocket__span_eq(route->template, path) && mocket__span_eq(route->method, method)))
        route = route->next_static;
    return route;
}

static bool buckets_grow(struct mocket_router *r)
{
    size_t count = r->bucket_count ? r->bucket_count * 2 : 16;
    struct mocket_route **buckets = mocket__arena_zero(r->arena, count * sizeof *buckets);
    if (!buckets)
        return false;
    for (size_t i = 0; i < r->bucket_count; i++) {
        for (struct mocket_route *route = r->buckets[i], *next; route; route = next) {
            next = route->next_static;
            struct mocket_route **bucket = &buckets[hash_of(route->template) & (count - 1)];
            route->next_static = *bucket;
            *bucket = route;
        }
    }
    r->buckets = buckets;
    r->bucket_count = count;
    return true;
}

static int add_static(struct mocket_router *r, struct mocket_route *route)
{
    struct mocket_route *old = static_find(r, route->method, route->template);
    if (!old && r->static_count >= r->bucket_count && !buckets_grow(r))
        return MOCKET_ENOMEM;
    struct mocket_route **bucket = &r->buckets[hash_of(route->template) & (r->bucket_count - 1)];
    if (old) { /* registered again: the second replaces the first */
        while (*bucket != old)
            bucket = &(*bucket)->next_static;
        route->next_static = old->next_static;
        *bucket = route;
        return 0;
    }
    route->next_static = *bucket;
    *bucket = route;
    r->static_count++;
    return 0;
}

int mocket__router_add(struct mocket_router *r, mocket_span method, mocket_span template, mocket_handler *fn,
                       void *data)
{
    struct mocket_route *route = mocket__arena_zero(r->arena, sizeof *route);
    struct mocket_method_routes *m = route ? method_of(r, mocket__arena_copy(r->arena, method)) : NULL;
    if (!m || !m->method.ptr)
        return MOCKET_ENOMEM;
    *route = (struct mocket_route){ .method = m->method,
                                    .template = mocket__arena_copy(r->arena, template),
                                    .fn = fn,
                                    .data = data,
                                    .number = r->route_count++ };
    if (!route->template.ptr)
        return MOCKET_ENOMEM;
    *(r->last ? &r->last->next_registered : &r->first) = route;
    r->last = route;
    if (!is_dynamic(template)) {
        m->static_count++;
        return add_static(r, route);
    }
    if (!m->tree && !(m->tree = node_new(r->arena)))
        return MOCKET_ENOMEM;
    return plant(m->tree, route, r->arena);
}

/* ---- searching ---- */

static bool can_win(const struct search *s, const struct mocket_node *n)
{
    return n && (!s->best || n->least < s->best->number);
}

static void offer(struct search *s, const struct mocket_route *route)
{
    if (route && (!s->best || route->number < s->best->number))
        s->best = route;
}

static bool several_matches(const struct mocket_route *route, struct segments path, struct mocket_arena *a)
{
    mocket_span room[SHORT_PATH];
    struct segments template;
    return segments_of(route->template, room, a, &template) && capture(template, path, a, NULL);
}

/* Segments from..to of the path are left; n is behind those from `to` on. */
static void search_suffix(struct search *s, const struct mocket_node *n, size_t from, size_t to)
{
    offer(s, n->route);
    if (from == to)
        return;
    mocket_span segment = s->path.at[to - 1];
    const struct mocket_node *child = child_find(n, segment);
    if (can_win(s, child))
        search_suffix(s, child, from, to - 1);
    if (can_win(s, n->wild))
        search_suffix(s, n->wild, from, to - 1);
}

static void search_several(struct search *s, const struct mocket_node *n, struct mocket_arena *a)
{
    for (size_t i = 0; i < n->several_count; i++) {
        const struct mocket_route *route = n->several[i];
        if (s->best && route->number > s->best->number)
            return;
        if (several_matches(route, s->path, a))
            offer(s, route);
    }
}

/* Segments from `at` on are left. The depth of the recursion is that of the deepest template. */
static void search_tree(struct search *s, const struct mocket_node *n, size_t at, struct mocket_arena *a)
{
    if (can_win(s, n->suffix)) {
        search_suffix(s, n->suffix, at, s->path.count);
        search_several(s, n->suffix, a);
    }
    if (at == s->path.count) {
        offer(s, n->route);
        return;
    }
    const struct mocket_node *child = child_find(n, s->path.at[at]);
    if (can_win(s, child))
        search_tree(s, child, at + 1, a);
    if (can_win(s, n->wild))
        search_tree(s, n->wild, at + 1, a);
}

static const struct mocket_route *dynamic_find(const struct mocket_router *r, mocket_span method, struct segments path,
                                               struct mocket_arena *a)
{
    const struct mocket_method_routes *m = method_find(r, method);
    if (!m || !m->tree)
        return NULL;
    struct search s = { .path = path };
    search_tree(&s, m->tree, 0, a);
    return s.best;
}

/* One lookup. The path is split when the first dynamic route is considered. */
struct lookup {
    const struct mocket_router *router;
    struct mocket_arena *arena;
    mocket_span path;
    mocket_span room[SHORT_PATH];
    struct segments segments;
};

static const struct mocket_route *lookup_dynamic(struct lookup *l, mocket_span method)
{
    if (!l->segments.at && !segments_of(l->path, l->room, l->arena, &l->segments))
        return NULL;
    return dynamic_find(l->router, method, l->segments, l->arena);
}

/* The order of R-10 behind the method's static routes; without any, only routes of the method itself. */
static const struct mocket_route *lookup_rest(struct lookup *l, mocket_span method, bool any)
{
    const struct mocket_route *route = any ? static_find(l->router, MOCKET_SPAN("*"), l->path) : NULL;
    if (!route)
        route = lookup_dynamic(l, method);
    if (!route && any)
        route = lookup_dynamic(l, MOCKET_SPAN("*"));
    return route;
}

static const struct mocket_route *lookup(struct lookup *l, mocket_span method, bool any)
{
    const struct mocket_route *route = static_find(l->router, method, l->path);
    return route ? route : lookup_rest(l, method, any);
}

/* HEAD: a HEAD route, whatever its shape; else what GET would reach. */
static const struct mocket_route *lookup_head(struct lookup *l)
{
    const struct mocket_route *route = lookup(l, MOCKET_SPAN("HEAD"), false);
    return route ? route : lookup(l, MOCKET_SPAN("GET"), true);
}

const struct mocket_route *mocket__router_find(const struct mocket_router *r, mocket_span method, mocket_span path,
                                               bool as_get, struct mocket_arena *a, struct mocket_fields *params)
{
    bool head = as_get && mocket__span_eq(method, MOCKET_SPAN("HEAD"));
    const struct mocket_route *route = head ? NULL : static_find(r, method, path);
    if (route)
        return route;
    struct lookup l;
    l.router = r;
    l.arena = a;
    l.path = path;
    l.segments = (struct segments){ NULL, 0 }; /* room is not cleared: that would cost more than a lookup */
    route = head ? lookup_head(&l) : lookup_rest(&l, method, true);
    mocket_span room[SHORT_PATH];
    struct segments template;
    if (route && l.segments.at && segments_of(route->template, room, a, &template))
        capture(template, l.segments, a, params);
    return route;
}

/* ---- Allow ---- */

static bool allows(const struct mocket_router *r, mocket_span method, mocket_span path, struct mocket_arena *a)
{
    mocket_span room[SHORT_PATH];
    struct segments segments;
    if (static_find(r, method, path))
        return true;
    return segments_of(path, room, a, &segments) && dynamic_find(r, method, segments, a);
}

static void list_method(struct mocket_buf *list, mocket_span method)
{
    if (list->len)
        mocket__buf_text(list, ", ");
    mocket__buf_span(list, method);
}

mocket_span mocket__router_allow(const struct mocket_router *r, mocket_span path, bool as_get, bool with_options,
                                 struct mocket_arena *a)
{
    struct mocket_buf list = { 0 };
    bool head = allows(r, MOCKET_SPAN("HEAD"), path, a);
    bool options = !with_options || allows(r, MOCKET_SPAN("OPTIONS"), path, a);
    for (size_t i = 0; i < r->method_count; i++) {
        mocket_span method = r->methods[i].method;
        if (!allows(r, method, path, a))
            continue;
        list_method(&list, method);
        if (as_get && !head && mocket__span_eq(method, MOCKET_SPAN("GET")))
            list_method(&list, MOCKET_SPAN("HEAD"));
    }
    if (list.len && !options)
        list_method(&list, MOCKET_SPAN("OPTIONS"));
    if (mocket__buf_status(&list) < 0)
        a->failed = true;
    mocket_span allow = list.len ? mocket__arena_copy(a, mocket__buf_view(&list)) : (mocket_span){ NULL, 0 };
    mocket__buf_release(&list);
    return allow;
}

/* ---- What stays true ---- */

static size_t least_of(const struct mocket_node *n)
{
    size_t least = n->route ? n->route->number : SIZE_MAX;
    for (size_t i = 0; i < n->several_count; i++)
        least = n->several[i]->number < least ? n->several[i]->number : least;
    const struct mocket_node *const below[] = { n->wild, n->suffix };
    for (size_t i = 0; i < 2; i++)
        if (below[i] && least_of(below[i]) < least)
            least = below[i]->least;
    for (size_t i = 0; i < n->child_cap; i++)
        if (n->children[i].node && least_of(n->children[i].node) < least)
            least = n->children[i].node->least;
    assert(n->least == least);
    return least;
}

void mocket__router_check(const struct mocket_router *r)
{
    size_t count = 0;
    for (size_t i = 0; i < r->bucket_count; i++)
        for (const struct mocket_route *route = r->buckets[i]; route; route = route->next_static, count++)
            assert((hash_of(route->template) & (r->bucket_count - 1)) == i);
    assert(count == r->static_count);
    for (size_t i = 0; i < r->method_count; i++)
        if (r->methods[i].tree)
            least_of(r->methods[i].tree);
}
