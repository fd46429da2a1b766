/* Fields of a head. The platform writes names, and the values of a name, into a room, each with a NUL behind it, as
 * many as fit, and says where to go on. Names come in lower case, in no order; the values of a name in their order. */
#include "../../../src/base/memory.h"
#include "../../../src/base/span.h"
#include "fastly.h"

enum { ROOM = 131072 }; /* for the longest name or value that the platform takes */

struct texts {
    enum fastly_head kind;
    uint32_t handle;
    mocket_span name; /* whose values are read; ptr NULL: the names */
    char *room;
    size_t len, at;
    int64_t next; /* the cursor; -1: no more */
};

/* False: the platform has no more. */
static bool fill(struct texts *t)
{
    uint32_t cursor = (uint32_t)t->next;
    size_t done = 0;
    int status;
    if (t->next < 0)
        return false;
    if (t->kind == FASTLY_REQUEST)
        status = t->name.ptr ? fastly_request_values(t->handle, t->name.ptr, t->name.len, t->room, ROOM, cursor,
                                                     &t->next, &done)
                             : fastly_request_names(t->handle, t->room, ROOM, cursor, &t->next, &done);
    else
        status = t->name.ptr ? fastly_response_values(t->handle, t->name.ptr, t->name.len, t->room, ROOM, cursor,
                                                      &t->next, &done)
                             : fastly_response_names(t->handle, t->room, ROOM, cursor, &t->next, &done);
    t->len = done;
    t->at = 0;
    return status == FASTLY_OK && done > 0;
}

static bool next_text(struct texts *t, mocket_span *text)
{
    if (t->at == t->len && !fill(t))
        return false;
    size_t end = mocket__span_find((mocket_span){ t->room, t->len }, '\0', t->at);
    *text = (mocket_span){ t->room + t->at, end - t->at };
    t->at = end < t->len ? end + 1 : end;
    return true;
}

static int read_values(struct texts *values, mocket_span name, struct mocket_fields *out, struct mocket_arena *arena)
{
    mocket_span value;
    int rc = 0;
    values->name = mocket__arena_copy(arena, name);
    values->len = values->at = 0;
    values->next = 0;
    if (!values->name.ptr)
        return MOCKET_ENOMEM;
    while (rc == 0 && next_text(values, &value)) {
        value = mocket__arena_copy(arena, mocket__span_trim(value));
        rc = value.ptr ? mocket__fields_add(out, arena, values->name, value) : MOCKET_ENOMEM;
    }
    return rc;
}

int fastly_fields_read(enum fastly_head kind, uint32_t handle, struct mocket_fields *out, struct mocket_arena *arena)
{
    char *room = mocket__realloc(NULL, 2 * ROOM);
    mocket_span name;
    int rc = room ? 0 : MOCKET_ENOMEM;
    struct texts names = { .kind = kind, .handle = handle, .room = room };
    struct texts values = { .kind = kind, .handle = handle, .room = room + ROOM };
    while (rc == 0 && next_text(&names, &name))
        rc = read_values(&values, name, out, arena);
    mocket__free(room);
    return rc;
}
