/* Notes as a REST resource in JSON.
 *
 *     GET    /notes        all notes
 *     POST   /notes        {"text": "..."} makes a note: 201 with its Location
 *     GET    /notes/:id    a note
 *     PUT    /notes/:id    {"text": "..."} replaces its text
 *     DELETE /notes/:id    removes it: 204
 *
 * The notes live in the memory of a worker, in wasm in that of an instance. So each worker and each instance has notes
 * of its own, and they end with it. An app that people use keeps them in a database behind these three functions. */
#include <stdlib.h>
#include <string.h>

#include "app.h"

#define NOTES_MAX 100
#define TEXT_MAX 1000

/* ---- The notes ---- */

struct note {
    int64_t id; /* 0: the place is free */
    char text[TEXT_MAX + 1];
};

struct notes {
    int64_t last_id;
    struct note rows[NOTES_MAX];
};

static void *notes_new(void *data)
{
    (void)data;
    return calloc(1, sizeof(struct notes));
}

/* The note with that id; with 0 a free place. NULL: there is none. */
static struct note *notes_find(struct notes *notes, int64_t id)
{
    for (size_t i = 0; notes && i < NOTES_MAX; i++)
        if (notes->rows[i].id == id)
            return &notes->rows[i];
    return NULL;
}

/* ---- Requests and answers ---- */

static mocket_value *to_json(mocket_event *e, const struct note *note)
{
    mocket_value *value = mocket_object(e);
    mocket_value_set_int(value, "id", note->id);
    mocket_value_set_text(value, "text", note->text);
    return value;
}

/* Reads {"text": "..."}. Returns 0, or the status to answer with. */
static int read_text(mocket_event *e, const char **text)
{
    const mocket_value *body;
    int rc = mocket_body_json(e, &body);
    if (rc != 0)
        return rc;
    *text = mocket_value_text(mocket_value_get(body, "text"), "");
    size_t len = strlen(*text);
    return len > 0 && len <= TEXT_MAX ? 0 : mocket_error(e, 422, "text: 1 to %d bytes are needed", TEXT_MAX);
}

/* The note that the path names. NULL: there is none. */
static struct note *named(mocket_event *e)
{
    int64_t id = strtoll(mocket_param(e, "id"), NULL, 10);
    return id > 0 ? notes_find(mocket_worker(e), id) : NULL;
}

static int no_note(mocket_event *e)
{
    return mocket_error(e, 404, "there is no note %s", mocket_param(e, "id"));
}

/* ---- Handlers ---- */

static int list(mocket_event *e)
{
    const struct notes *notes = mocket_worker(e);
    mocket_value *all = mocket_array(e);
    for (size_t i = 0; notes && i < NOTES_MAX; i++)
        if (notes->rows[i].id != 0)
            mocket_value_add_value(all, to_json(e, &notes->rows[i]));
    return mocket_json(e, all);
}

static int add(mocket_event *e)
{
    struct notes *notes = mocket_worker(e);
    const char *text;
    int rc = read_text(e, &text);
    if (rc != 0)
        return rc;
    struct note *note = notes_find(notes, 0);
    if (!note)
        return mocket_error(e, 507, "there is no room for another note");
    note->id = ++notes->last_id;
    strncpy(note->text, text, TEXT_MAX);
    mocket_status(e, 201);
    mocket_header_set(e, "Location", mocket_format(e, "/notes/%lld", (long long)note->id));
    return mocket_json(e, to_json(e, note));
}

static int show(mocket_event *e)
{
    const struct note *note = named(e);
    return note ? mocket_json(e, to_json(e, note)) : no_note(e);
}

static int replace(mocket_event *e)
{
    struct note *note = named(e);
    const char *text;
    if (!note)
        return no_note(e);
    int rc = read_text(e, &text);
    if (rc != 0)
        return rc;
    memset(note->text, 0, sizeof note->text);
    strncpy(note->text, text, TEXT_MAX);
    return mocket_json(e, to_json(e, note));
}

static int erase(mocket_event *e)
{
    struct note *note = named(e);
    if (!note)
        return no_note(e);
    memset(note, 0, sizeof *note);
    return mocket_empty(e, 204);
}

/* Errors are JSON too. */
static int errors(mocket_event *e, int error)
{
    int status = error >= 400 && error <= 599 ? error : 500;
    const char *text = mocket_error_text(e);
    mocket_value *value = mocket_object(e);
    mocket_value_set_text(value, "error", text ? text : mocket_strerror(status));
    return mocket_json(e, value);
}

mocket_app *app(void)
{
    mocket_app *a = mocket_new();
    mocket_on_worker(a, notes_new, free, NULL);
    mocket_on_error(a, errors, NULL);
    mocket_get(a, "/notes", list);
    mocket_post(a, "/notes", add);
    mocket_get(a, "/notes/:id", show);
    mocket_put(a, "/notes/:id", replace);
    mocket_delete(a, "/notes/:id", erase);
    return a;
}
