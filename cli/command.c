/* Runs other programs, without a shell: words are passed on unchanged, whatever characters they contain. */
#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "complain.h"
#include "progress.h"

extern char **environ;

void mocket__cli_command_add(struct mocket__cli_command *c, const char *word)
{
    if (c->count + 2 > c->cap) {
        size_t cap = c->cap ? c->cap * 2 : 32;
        char **words = realloc(c->words, cap * sizeof *words);
        if (!words) {
            c->failed = true;
            return;
        }
        c->words = words;
        c->cap = cap;
    }
    c->words[c->count++] = (char *)word;
    c->words[c->count] = NULL;
}

void mocket__cli_command_release(struct mocket__cli_command *c)
{
    free(c->words);
    *c = (struct mocket__cli_command){ 0 };
}

static bool needs_quotes(const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./=,+:@%";
    return word[0] == '\0' || word[strspn(word, plain)] != '\0';
}

void mocket__cli_print_word(const char *word, FILE *to)
{
    if (!needs_quotes(word)) {
        fputs(word, to);
        return;
    }
    fputc('\'', to);
    for (const char *p = word; *p; p++)
        if (*p == '\'')
            fputs("'\\''", to);
        else
            fputc(*p, to);
    fputc('\'', to);
}

void mocket__cli_command_print(const struct mocket__cli_command *c)
{
    for (size_t i = 0; i < c->count; i++) {
        if (i > 0)
            fputc(' ', stderr);
        mocket__cli_print_word(c->words[i], stderr);
    }
    fputc('\n', stderr);
}

/* posix_spawnp with signals as they were before we set them aside. actions may be NULL. */
static int spawn(pid_t *pid, char **words, const posix_spawn_file_actions_t *actions, const sigset_t *mask)
{
    sigset_t defaults;
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGINT);
    sigaddset(&defaults, SIGQUIT);
    posix_spawnattr_t attributes;
    int rc = posix_spawnattr_init(&attributes);
    if (rc != 0)
        return rc;
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setsigmask(&attributes, mask);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    rc = posix_spawnp(pid, words[0], actions, &attributes, words, environ);
    posix_spawnattr_destroy(&attributes);
    return rc;
}

static int wait_for(pid_t pid)
{
    int status;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int run_spawned(const char *verb, const struct mocket__cli_command *c, const sigset_t *mask)
{
    pid_t pid;
    struct cli_progress progress = { 0 };
    int rc = spawn(&pid, c->words, NULL, mask);
    if (rc != 0) {
        mocket__cli_failure(verb, "%s: %s", c->words[0], strerror(rc));
        return -1;
    }
    if (c->doing)
        mocket__cli_progress_begin(&progress, verb, "compiling", c->doing);
    int code = wait_for(pid);
    mocket__cli_progress_end(&progress);
    return code;
}

int mocket__cli_command_run(const char *verb, const struct mocket__cli_command *c)
{
    if (c->failed || c->count == 0) {
        mocket__cli_failure(verb, "out of memory");
        return -1;
    }
    struct sigaction ignore = { .sa_handler = SIG_IGN }, interrupt, quit;
    sigset_t mask;
    sigprocmask(SIG_BLOCK, NULL, &mask);
    sigaction(SIGINT, &ignore, &interrupt);
    sigaction(SIGQUIT, &ignore, &quit);
    int code = run_spawned(verb, c, &mask);
    sigaction(SIGINT, &interrupt, NULL);
    sigaction(SIGQUIT, &quit, NULL);
    return code;
}

/* Reads to the end, and keeps what fits. */
static void read_all(int fd, char *text, size_t room)
{
    char rest[512];
    size_t len = 0;
    for (;;) {
        bool full = len + 1 >= room;
        ssize_t n = read(fd, full ? rest : text + len, full ? sizeof rest : room - 1 - len);
        if (n == 0 || (n < 0 && errno != EINTR))
            break;
        if (n > 0 && !full)
            len += (size_t)n;
    }
    text[len] = '\0';
}

int mocket__cli_command_capture(const char *verb, const struct mocket__cli_command *c, char *text, size_t room)
{
    posix_spawn_file_actions_t actions;
    int ends[2];
    text[0] = '\0';
    if (c->failed || pipe2(ends, O_CLOEXEC) < 0) {
        mocket__cli_failure(verb, "%s: %s", c->words[0], strerror(c->failed ? ENOMEM : errno));
        return -1;
    }
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    pid_t pid;
    sigset_t mask;
    sigprocmask(SIG_BLOCK, NULL, &mask);
    int rc = spawn(&pid, c->words, &actions, &mask);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    if (rc == 0)
        read_all(ends[0], text, room);
    close(ends[0]);
    if (rc == 0)
        return wait_for(pid);
    mocket__cli_failure(verb, "%s: %s", c->words[0], strerror(rc));
    return -1;
}

bool mocket__cli_command_exists(const char *name)
{
    if (strchr(name, '/'))
        return access(name, X_OK) == 0;
    const char *path = getenv("PATH");
    while (path && *path) {
        size_t len = strcspn(path, ":");
        char full[PATH_MAX];
        int n = snprintf(full, sizeof full, "%.*s/%s", (int)len, path, name);
        if (n > 0 && (size_t)n < sizeof full && access(full, X_OK) == 0)
            return true;
        path += len + (path[len] == ':');
    }
    return false;
}
