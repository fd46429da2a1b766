/* Text is for people: a prefix, then the words. JSON is for collectors: one object a line, with what text leaves to the
 * reader, the time and who spoke. */
#include "lines.h"

#include <stdio.h>
#include <unistd.h>

#include "../../src/base/memory.h"
#include "../../src/http/json.h"

static const struct {
    const char *prefix, *name;
} levels[] = {
    [MOCKET_LOG_ERROR] = { "mocket: error: ", "error" },
    [MOCKET_LOG_WARN] = { "mocket: warning: ", "warn" },
    [MOCKET_LOG_INFO] = { "mocket: ", "info" },
    [MOCKET_LOG_DEBUG] = { "mocket: debug: ", "debug" },
};

void lines_time(char text[LINES_TIME], struct timespec when)
{
    struct tm parts;
    char date[LINES_TIME];
    gmtime_r(&when.tv_sec, &parts);
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(text, LINES_TIME, "%.19s.%03uZ", date, (unsigned)(when.tv_nsec / 1000000) % 1000u);
}

static void put(int fd, struct mocket_buf *line)
{
    mocket__buf_text(line, "\n");
    if (mocket__buf_status(line) < 0)
        return;
    ssize_t written = write(fd, line->ptr, line->len);
    (void)written; /* nobody is left to be told */
}

static void write_text(const struct lines_voice *v, int level, mocket_span text, struct mocket_buf *line)
{
    mocket__buf_text(line, levels[level].prefix);
    mocket__buf_text(line, v->guest ? GUEST_LOG_PREFIX : "");
    mocket__buf_span(line, text);
}

void lines_object_begin(struct lines_object *o)
{
    struct timespec now;
    char time_text[LINES_TIME];
    clock_gettime(CLOCK_REALTIME, &now);
    lines_time(time_text, now);
    mocket__arena_init(&o->arena, 0);
    o->value = mocket__json_new(&o->arena, false);
    mocket_value_set_text(o->value, "time", time_text);
}

bool lines_object_end(struct lines_object *o, struct mocket_buf *out)
{
    mocket_span json;
    bool written = mocket__json_write(&o->arena, o->value, &json) == 0;
    if (written)
        mocket__buf_span(out, json);
    mocket__arena_release(&o->arena);
    return written;
}

static void write_json(const struct lines_voice *v, int level, mocket_span text, struct mocket_buf *line)
{
    struct lines_object o;
    lines_object_begin(&o);
    mocket_value_set_text(o.value, "level", levels[level].name);
    mocket_value_set_int(o.value, "worker", v->worker);
    mocket_value_set_bool(o.value, "guest", v->guest);
    mocket_value_set_text(o.value, "message", mocket__arena_text(&o.arena, text));
    lines_object_end(&o, line);
}

void lines_write(const struct lines_voice *v, int level, mocket_span text)
{
    struct mocket_buf line = { 0 };
    if (level > v->lines->shown)
        return;
    level = level < 0 ? 0 : level > MOCKET_LOG_DEBUG ? MOCKET_LOG_DEBUG : level;
    if (v->lines->format == LINES_JSON)
        write_json(v, level, text, &line);
    else
        write_text(v, level, text, &line);
    put(v->lines->fd, &line);
    mocket__buf_release(&line);
}

void lines_from_log(void *data, int level, bool guest, mocket_span text)
{
    struct lines_voice voice = *(const struct lines_voice *)data;
    voice.guest = guest;
    lines_write(&voice, level, text);
}
