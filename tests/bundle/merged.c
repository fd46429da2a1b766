/* What an app must not be able to spoil under CGI: its answer, by its output, its exit, or a field of its own. */
#include <mocket.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int noisy(mocket_event *e)
{
    printf("from the handler\n");
    mocket_header_set(e, "Status", "418");
    char text[256];
    snprintf(text, sizeof text, "%s?%s", mocket_path(e), mocket_query_string(e));
    return mocket_text(e, text);
}

static int quit(mocket_event *e)
{
    (void)e;
    exit(3);
}

static int slow(mocket_event *e)
{
    mocket_sleep(e, 300);
    return mocket_text(e, "slept");
}

static int fetch(mocket_event *e)
{
    mocket_reply *reply = NULL;
    return mocket_text(e, mocket_strerror(mocket_fetch(e, "GET", "http://127.0.0.1:1/", NULL, &reply)));
}

static int hungry(mocket_event *e)
{
    char text[32];
    void *volatile piece; /* or the compiler leaves malloc out */
    int pieces = 0;
    while (pieces < 1024 && (piece = malloc(1 << 20)))
        pieces++;
    snprintf(text, sizeof text, "%d", pieces);
    return mocket_text(e, text);
}

static int input(mocket_event *e)
{
    char byte;
    return mocket_text(e, read(0, &byte, 1) == 0 ? "empty" : "not empty");
}

int main(void)
{
    mocket_app *app = mocket_new();
    printf("from main\n");
    mocket_get(app, "/", noisy);
    mocket_get(app, "/**", noisy);
    mocket_get(app, "/quit", quit);
    mocket_get(app, "/slow", slow);
    mocket_get(app, "/fetch", fetch);
    mocket_get(app, "/hungry", hungry);
    mocket_post(app, "/input", input);
    return mocket_listen(app, ":4000");
}
