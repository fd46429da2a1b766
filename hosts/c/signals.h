/* Signals, on a thread of their own, which no worker can hold up.
 *
 *                       SIGINT, SIGTERM               the server has ended
 *     EARLY             the process ends              -
 *     SERVING           the server stops: STOPPING    LATE
 *     STOPPING          everything is cut: CUT        LATE
 *     CUT, LATE         the process ends              -
 *     CLOSED            nothing                       -
 *
 * STOPPING becomes CUT without a signal when the server has not ended in time, and in CUT the process ends when that
 * takes longer than SIGNALS_CUT_MS, also where the server has ended meanwhile. SIGHUP reloads what can be reloaded, in
 * SERVING. */
#ifndef MOCKET_HOSTS_C_SIGNALS_H
#define MOCKET_HOSTS_C_SIGNALS_H

#include <mocket.h>
#include <signal.h>
#include <uv.h>

#define SIGNALS_MARGIN_MS 5000 /* beyond the grace of requests; then they are cut */
#define SIGNALS_CUT_MS 3000    /* from the cut to the end of the process */

enum signals_state { SIGNALS_CLOSED, SIGNALS_EARLY, SIGNALS_SERVING, SIGNALS_STOPPING, SIGNALS_CUT, SIGNALS_LATE };

struct signals {
    void (*log)(void *data, int level, mocket_span line); /* not called in LATE and CLOSED */
    void *data;
    void (*reload)(mocket_app *app); /* SIGHUP; NULL: it is logged and does nothing */
    void (*tell)(const char *text);  /* in SERVING and STOPPING, with the texts of notify.h; may be NULL */
    void (*at_once)(void *data);     /* SERVING too ends the process, and this is called before; NULL: as drawn */
    /* its own: */
    uv_mutex_t lock;
    enum signals_state state; /* under lock */
    mocket_app *app;          /* under lock: in SERVING, STOPPING and CUT */
    uint64_t due_ns;          /* under lock: by uv_hrtime, when the state ends by itself; MOCKET_NEVER: never */
    int number;               /* under lock: of the last signal */
    bool opened;              /* of the thread that opens and closes: there are a lock and a thread */
    int signal_fd, wake_fd;
    uv_thread_t thread;
    sigset_t before;
};

/* Blocks the signals and starts the thread; log and data are filled in. Called before any other thread is started, so
 * that the signals are blocked in all of them. 0 or below zero. */
int signals_open(struct signals *s);
/* The app listens. */
void signals_serve(struct signals *s, mocket_app *app);
/* The server has ended, or never began; the app may be freed, and the log closed. A zeroed one is fine. */
void signals_served(struct signals *s);
/* A zeroed one is fine. */
void signals_close(struct signals *s);

#endif
