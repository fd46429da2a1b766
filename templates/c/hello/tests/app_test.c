/* Requests in memory: the app runs in this process, and no socket is opened. */
#include <stdio.h>
#include <string.h>

#include "../src/app.h"

static int failures;

static void expect(mocket_client *c, const char *line, int status, const char *text)
{
    mocket_reply *r = mocket_client_send(c, line, (mocket_span){ 0 });
    mocket_span body = { "", 0 };
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
    expect(c, "GET /", 200, "@NAME@");
    expect(c, "GET /hello/moon", 200, "Hello, moon!");
    expect(c, "GET /hello/two%20words", 200, "Hello, two words!");
    expect(c, "GET /nothing", 404, "Not Found");
    expect(c, "POST /", 405, "Method Not Allowed");
    mocket_client_free(c);
    mocket_free(a);
    puts(failures ? "failed" : "all tests passed");
    return failures ? 1 : 0;
}
