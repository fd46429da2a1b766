/* Three back ends asked at once. Who has not answered in time is left out, and said to be: the client waits for no
 * longer than TIMEOUT_MS, whatever they do.
 *
 * BACKENDS="URL URL ..." names them; without it they are this app's own /back/:ms, which need its default port. */
#include <mocket.h>
#include <stdlib.h>
#include <string.h>

#define BACKENDS_MAX 16
#define TIMEOUT_MS 500
#define ANSWER_MAX 65536

#define SELF "http://127.0.0.1:4000/back/"
static const char own[] = SELF "0 " SELF "100 " SELF "2000";

/* Words of text, copied; how many. */
static size_t split(mocket_event *e, const char *text, const char **words, size_t max)
{
    size_t count = 0;
    for (text += strspn(text, " "); *text && count < max; text += strspn(text, " ")) {
        size_t len = strcspn(text, " ");
        words[count++] = mocket_format(e, "%.*s", (int)len, text);
        text += len;
    }
    return count;
}

/* A call that has come to its end, as JSON. */
static int describe(mocket_event *e, mocket_call *call, mocket_value *out)
{
    mocket_reply *reply;
    mocket_span body;
    int rc = mocket_wait(e, call, &reply);
    if (rc == 0)
        rc = mocket_reply_body(reply, &body);
    if (rc == MOCKET_ECLOSED)
        return rc; /* our own client left */
    if (rc == 0) {
        mocket_value_set_int(out, "status", mocket_reply_status(reply));
        mocket_value_set_text(out, "text", body.ptr);
    } else {
        mocket_value_set_text(out, "error", mocket_strerror(rc));
    }
    return 0;
}

static int ask_all(mocket_event *e)
{
    const char *urls[BACKENDS_MAX], *given = getenv("BACKENDS");
    mocket_call *calls[BACKENDS_MAX];
    mocket_value *answers[BACKENDS_MAX], *list = mocket_array(e);
    size_t count = split(e, given ? given : own, urls, BACKENDS_MAX), left = count;
    uint64_t until_ns = mocket_now_ns(e) + TIMEOUT_MS * UINT64_C(1000000);
    for (size_t i = 0; i < count; i++) {
        answers[i] = mocket_object(e);
        mocket_value_set_text(answers[i], "from", urls[i]);
        calls[i] = mocket_fetch_start(e, "GET", urls[i], &(struct mocket_fetch_opts){ .max_body = ANSWER_MAX });
    }
    while (left > 0) {
        uint64_t now_ns = mocket_now_ns(e);
        int64_t rest_ms = now_ns < until_ns ? (int64_t)((until_ns - now_ns) / 1000000) : 0;
        int i = mocket_wait_any(e, calls, count, rest_ms);
        if (i == MOCKET_ETIMEDOUT)
            break;
        int rc = i < 0 ? i : describe(e, calls[i], answers[i]);
        if (rc < 0)
            return rc;
        calls[i] = NULL;
        left--;
    }
    for (size_t i = 0; i < count; i++) {
        if (calls[i])
            mocket_value_set_text(answers[i], "error", mocket_strerror(MOCKET_ETIMEDOUT));
        mocket_cancel(calls[i]);
        mocket_value_add_value(list, answers[i]);
    }
    return mocket_json(e, list);
}

static int back(mocket_event *e)
{
    int rc = mocket_sleep(e, (uint32_t)strtoul(mocket_param(e, "ms"), NULL, 10) % 10000);
    return rc < 0 ? rc : mocket_textf(e, "after %s ms", mocket_param(e, "ms"));
}

int main(void)
{
    mocket_app *app = mocket_new();
    mocket_get(app, "/", ask_all);
    mocket_get(app, "/back/:ms", back);
    return mocket_listen(app, ":4000");
}
