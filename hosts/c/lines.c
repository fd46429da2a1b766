/* Text is for people: a prefix, then the words. JSON is for collectors: one object a line, with what text leaves to the
 * reader, the time and who spoke.
 *
 * All threads share one buffer of the writer, so that the order of lines is that of events. A guest that floods the log
 * leaves a quarter of the buffer to the lines of the host. */
#include "lines.h"

#include <stdio.h>
#include <unistd.h>

#include "../../src/base/deadline.h"
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
    snprintf(text, LINES_TIME, "%.19s.%03uZ", date, (unsigned)(when.tv_nsec / (long)MOCKET_MS_NS) % 1000u);
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

static void add_line(const struct lines_voice *v, int level, mocket_span text, struct mocket_buf *line)
{
    level = level < 0 ? 0 : level > MOCKET_LOG_DEBUG ? MOCKET_LOG_DEBUG : level;
    if (v->lines->format == LINES_JSON)
        write_json(v, level, text, line);
    else
        write_text(v, level, text, line);
    mocket__buf_text(line, "\n");
}

/* Without a writer. */
static void write_here(const struct lines_voice *v, int level, mocket_span text)
{
    struct mocket_buf line = { 0 };
    add_line(v, level, text, &line);
    if (mocket__buf_status(&line) == 0) {
        ssize_t written = write(v->lines->fd, line.ptr, line.len);
        (void)written; /* nobody is left to be told */
    }
    mocket__buf_release(&line);
}

static bool is_shown(const struct lines_voice *v, int level)
{
    return level <= v->lines->shown;
}

void lines_write(const struct lines_voice *v, int level, mocket_span text)
{
    struct writer *w = v->lines->writer;
    if (!is_shown(v, level))
        return;
    if (!w) {
        write_here(v, level, text);
        return;
    }
    struct mocket_buf *held = writer_begin(w, 0, v->guest ? LINES_SPARE : 0);
    if (!held)
        return;
    add_line(v, level, text, held);
    writer_end(w, 0);
}

static void report(int format, int loss, uint64_t n, struct mocket_buf *out)
{
    static const char *const texts[] = {
#define LINES_LOSS_TEXT(id, text) [LINES_LOST_##id] = text,
        LINES_LOSSES(LINES_LOSS_TEXT)
#undef LINES_LOSS_TEXT
    };
    struct mocket_buf text = { 0 };
    struct lines lines = { .format = (enum lines_format)format };
    mocket__buf_decimal(&text, n);
    mocket__buf_text(&text, texts[loss]);
    add_line(&(struct lines_voice){ .lines = &lines }, MOCKET_LOG_WARN, mocket__buf_view(&text), out);
    mocket__buf_release(&text);
}

int lines_open(struct lines *lines)
{
    return writer_open(&lines->writer, &(struct writer_opts){ .fd = lines->fd,
                                                              .seats = 1,
                                                              .held_max = LINES_HELD_MAX,
                                                              .wake_at = 1,
                                                              .full = LINES_LOST_FULL,
                                                              .failed = LINES_LOST_FAILED,
                                                              .report = report,
                                                              .format = (int)lines->format });
}

void lines_close(struct lines *lines)
{
    writer_close(lines->writer);
    lines->writer = NULL;
}

void lines_from_log(void *data, int level, bool guest, mocket_span text)
{
    struct lines_voice voice = *(const struct lines_voice *)data;
    voice.guest = guest;
    lines_write(&voice, level, text);
}

bool lines_wanted(void *data, int level)
{
    return is_shown(data, level);
}

void lines_dropped(void *data)
{
    const struct lines_voice *voice = data;
    if (voice->lines->writer)
        writer_lose(voice->lines->writer, LINES_LOST_RATE, 1);
}
