/* The `mocket` command: a table of verbs. main finds the verb and passes the following words to it; the verb does the
 * rest. `--help` and `--version` stand for the verbs help and version. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../src/backend/native/native.h"
#include "manual.h"
#include "verbs.h"

/* `mocket serve --help` is what people try first. Behind `--` the word belongs to another program. */
static int asks_for_help(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return 1;
    return 0;
}

/* A standard output that is closed must not swallow what is written: descriptor 1 then refuses it. */
static void open_output(void)
{
    int fd = fcntl(STDOUT_FILENO, F_GETFD) < 0 ? open("/dev/null", O_RDONLY) : -1;
    if (fd >= 0 && fd != STDOUT_FILENO) {
        dup2(fd, STDOUT_FILENO);
        close(fd);
    }
}

/* `mocket routes | head -1`: the reader has read enough. Verbs that run a host ignore SIGPIPE, so this comes late. */
static void end_with_reader(void)
{
    struct pollfd out = { .fd = STDOUT_FILENO };
    if (poll(&out, 1, 0) != 1 || !(out.revents & POLLERR))
        return;
    signal(SIGPIPE, SIG_DFL);
    raise(SIGPIPE);
}

/* A full disk behind a pipe or a file is a failure too. */
static int end_output(const char *verb, int code)
{
    bool flushed = fflush(stdout) == 0;
    const char *why = flushed ? "not everything could be written" : strerror(errno); /* an earlier errno is lost */
    if (flushed && !ferror(stdout))
        return code;
    end_with_reader();
    int failed = mocket__cli_failure(verb, "standard output: %s", why);
    return code ? code : failed;
}

int main(int argc, char **argv)
{
    open_output();
    if (mocket__native_standard() < 0)
        return 1; /* standard error may be closed too */
    if (argc < 2) {
        mocket__cli_manual_list(mocket__cli_verbs, stderr);
        return 2;
    }
    const struct cli_verb *v = mocket__cli_verb_find(argv[1]);
    if (!v)
        return mocket__cli_verb_unknown(argv[1]);
    if (!asks_for_help(argc - 1, argv + 1))
        return end_output(v->name, v->run(argc - 1, argv + 1));
    mocket__cli_manual(v, stdout);
    return end_output(v->name, 0);
}
