/* Requests in memory: the app runs in this process, and no socket is opened. */
#include <stdio.h>
#include <string.h>

#include "../src/app.h"

static int failures;

static void expect(mocket_client *c, const char *line, const char *json, int status, const char *text)
{
    mocket_span sent = { json, json ? strlen(json) : 0 }, body = { "", 0 };
    if (json)
        mocket_client_header(c, "Content-Type", "application/json");
    mocket_reply *r = mocket_client_send(c, line, sent);
    if (r && mocket_reply_body(r, &body) == 0 && mocket_reply_status(r) == status && strstr(body.ptr, text))
        return;
    fprintf(stderr, "%s: %d %s; expected %d %s\n", line, r ? mocket_reply_status(r) : 0, body.ptr, status, text);
    failures++;
}

int main(void)
{
    mocket_app *a = app();
    mocket_client *c = mocket_client_new(a);
    if (!c) {
        fprintf(stderr, "%s\n", mocket_problem(a));
        return 1;
    }
    expect(c, "GET /notes", NULL, 200, "[]");
    expect(c, "POST /notes", "{\"text\":\"milk\"}", 201, "{\"id\":1,\"text\":\"milk\"}");
    expect(c, "GET /notes/1", NULL, 200, "milk");
    expect(c, "PUT /notes/1", "{\"text\":\"oat milk\"}", 200, "oat milk");
    expect(c, "GET /notes", NULL, 200, "[{\"id\":1,\"text\":\"oat milk\"}]");
    expect(c, "DELETE /notes/1", NULL, 204, "");
    expect(c, "GET /notes/1", NULL, 404, "{\"error\":\"there is no note 1\"}");
    expect(c, "POST /notes", "{\"text\":\"\"}", 422, "\"error\"");
    expect(c, "POST /notes", "{", 400, "\"error\"");
    expect(c, "PATCH /notes/1", NULL, 405, "\"error\"");
    mocket_client_free(c);
    mocket_free(a);
    puts(failures ? "failed" : "all tests passed");
    return failures ? 1 : 0;
}
