/* A line on standard error about work that takes more than a second: `mocket build: compiling app.wasm ...`. It is
 * written on a terminal only.
 *
 *     NONE      --begin--> RUNNING   a thread waits for the second, or for the end
 *     RUNNING   --end----> NONE      the thread has ended
 *
 * It stays in NONE when standard error is not a terminal, and when the thread cannot be started. */
#ifndef MOCKET_CLI_PROGRESS_H
#define MOCKET_CLI_PROGRESS_H

#include <uv.h>

enum cli_progress_state { CLI_PROGRESS_NONE, CLI_PROGRESS_RUNNING };

struct cli_progress {
    const char *verb;
    const char *doing; /* such as "compiling", and the name of what is compiled */
    const char *name;
    uv_thread_t thread;
    uv_mutex_t lock;
    uv_cond_t ended;
    enum cli_progress_state state; /* under lock */
};

/* Work begins. The texts are not copied. The thread gets no signals. */
void mocket__cli_progress_begin(struct cli_progress *p, const char *verb, const char *doing, const char *name);

/* The work has ended; nothing is written from now on. A zeroed progress is fine, and so is a second call. */
void mocket__cli_progress_end(struct cli_progress *p);

#endif
