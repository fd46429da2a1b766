/* Values are copied where the command line does not keep them in the form that the host takes. */
#include "guest_options.h"

#include <stdlib.h>
#include <string.h>

#include "complain.h"

/* The place of a variable of that name, or a new one; CLI_ENV_MAX when there is none left. */
static size_t env_place(const struct cli_guest *c, const char *text, size_t name_len)
{
    for (size_t i = 0; i < c->env_count; i++)
        if (strncmp(c->env[i], text, name_len) == 0 && c->env[i][name_len] == '=')
            return i;
    return c->env_count;
}

static int take_env(void *into, const struct cli_said *said, const char *text)
{
    struct cli_guest *c = into;
    size_t name_len = strcspn(text, "=");
    const char *value = text[name_len] ? NULL : getenv(text);
    if (name_len == 0)
        return mocket__cli_misuse(said->verb, "%s %s: NAME=VALUE or NAME is needed", said->option, text);
    if (!text[name_len] && !value)
        return mocket__cli_misuse(said->verb, "%s %s: this variable is not set here; give NAME=VALUE, or set it",
                                  said->option, text);
    size_t place = env_place(c, text, name_len), len = strlen(text) + (value ? strlen(value) + 1 : 0);
    if (place == CLI_ENV_MAX)
        return mocket__cli_misuse(said->verb, "%s: at most %d variables", said->option, CLI_ENV_MAX);
    char *row = malloc(len + 1);
    if (!row)
        return mocket__cli_misuse(said->verb, "%s: out of memory", said->option);
    stpcpy(stpcpy(stpcpy(row, text), value ? "=" : ""), value ? value : "");
    free(c->env[place]);
    c->env[place] = row;
    c->env_count += place == c->env_count;
    return 0;
}

/* Takes ":ro" or ":rw" off the end of a text. */
static bool take_mode(char *text)
{
    size_t len = strlen(text);
    if (len < 3 || text[len - 3] != ':' || text[len - 2] != 'r' || (text[len - 1] != 'o' && text[len - 1] != 'w'))
        return false;
    bool writable = text[len - 1] == 'w';
    text[len - 3] = '\0';
    return writable;
}

static int take_dir(void *into, const struct cli_said *said, const char *text)
{
    struct cli_guest *c = into;
    if (c->dir_count == GUEST_DIRS_MAX)
        return mocket__cli_misuse(said->verb, "%s: at most %d folders", said->option, GUEST_DIRS_MAX);
    char *copy = strdup(text);
    if (!copy)
        return mocket__cli_misuse(said->verb, "%s: out of memory", said->option);
    c->dir_texts[c->dir_count] = copy;
    struct guest_dir *dir = &c->dirs[c->dir_count++];
    dir->writable = take_mode(copy);
    char *colons = strstr(copy, "::");
    if (colons)
        *colons = '\0';
    dir->host = copy;
    dir->guest = colons ? colons + 2 : copy;
    if (!dir->host[0] || !dir->guest[0])
        return mocket__cli_misuse(said->verb, "%s %s: HOST, HOST::GUEST, with :ro or :rw behind it, is needed",
                                  said->option, text);
    for (size_t i = 0; i + 1 < c->dir_count; i++)
        if (strcmp(c->dirs[i].guest, dir->guest) == 0)
            return mocket__cli_misuse(said->verb, "%s %s: another --dir has the guest name %s already", said->option,
                                      text, dir->guest);
    return 0;
}

static int take_net(void *into, const struct cli_said *said, const char *text)
{
    struct cli_guest *c = into;
    const char *why;
    if (c->net_count == GUEST_NETS_MAX)
        return mocket__cli_misuse(said->verb, "%s: at most %d rules", said->option, GUEST_NETS_MAX);
    if (guest_net_parse(text, &c->nets[c->net_count], &why) < 0)
        return mocket__cli_misuse(said->verb, "%s %s: %s", said->option, text, why);
    c->net_count++;
    return 0;
}

#define KIB INT64_C(1024)
#define MIB (KIB * 1024)
#define GIB (MIB * 1024)
#define AT(field) .at = offsetof(struct cli_guest, opts.field)

const struct cli_option mocket__cli_guest_options[] = {
    { CLI_GROUP, .help = "Limits of a guest" },
    { CLI_TIME, "timeout", .value = "TIME", .initial = "30s", .off = 0, AT(timeout_ms),
      .help = "maximum time until the answer to a request begins, then maximum silence" },
    { CLI_TIME, "cpu-timeout", .value = "TIME", .initial = "1s", .off = 0, AT(cpu_timeout_ms),
      .help = "maximum time that a guest computes without waiting" },
    { CLI_SIZE, "max-memory", .value = "SIZE", .initial = "256M", .least = 64 * KIB, .most = 4 * GIB, AT(max_memory),
      .help = "maximum memory of an instance" },
    { CLI_SIZE, "max-memory-total", .value = "SIZE", .least = 64 * KIB, .most = INT64_MAX, AT(max_memory_total),
      .initial_words = "three quarters of the machine's memory, or of its control group's limit if that is less",
      .help = "maximum memory of the process for instances, requests, answers and messages together" },
    { CLI_TIME, "compile-timeout", .value = "TIME", .initial = "2m", .off = 0, AT(compile_timeout_ms),
      .help = "maximum processor time for compiling the module" },
    { CLI_SIZE, "compile-memory", .value = "SIZE", .initial = "2G", .least = 128 * MIB, .most = 1024 * GIB,
      AT(compile_memory), .help = "maximum memory for compiling the module" },
    { CLI_SIZE, "max-body", .value = "SIZE", .most = INT64_MAX, AT(max_body),
      .initial_words = "the app's limit, else 1M", .help = "maximum size of a request body" },

    { CLI_GROUP, .help = "Granted to guests" },
    { CLI_OWN, "env", .many = true, .value = "NAME[=VALUE]", .take = take_env,
      .help = "grants an environment variable; without a value, the host's own variable" },
    { CLI_OWN, "dir", .many = true, .value = "HOST[::GUEST][:ro|:rw]", .files = true, .take = take_dir,
      .also = "volume v mount dirs",
      .help = "grants a folder, which guests see as GUEST (default: as HOST); ro (the default) grants reading, rw also "
              "writing" },
    { CLI_OWN, "allow-net", .many = true, .value = "RULE", .take = take_net, .initial_words = "none",
      .help = "grants requests to a server: example.com, *.example.com, 10.0.0.0/8, [::1] or all, each with :PORT "
              "behind it for one port only. A name grants its public addresses, localhost this machine; other "
              "addresses need a rule with the address or network" },

    { CLI_GROUP, .help = "Other" },
    { CLI_WORD, "cache", .command_line = true, .value = "DIR|off", .files = true, AT(cache),
      .initial_words = "$XDG_CACHE_HOME/mocket/modules, else ~/.cache/mocket/modules",
      .help = "folder of compiled modules; off keeps none" },
    { .name = NULL },
};

int mocket__cli_guest_level(const char *verb, struct cli_guest *guest)
{
    const char *level = getenv("MOCKET_LOG");
    bool debug = level && strcmp(level, "debug") == 0;
    if (level && level[0] && !debug && strcmp(level, "info") != 0)
        return mocket__cli_misuse(verb, "MOCKET_LOG %s: info or debug is needed", level);
    guest->opts.verbose = guest->opts.verbose || (debug && !guest->opts.quiet);
    return 0;
}

void mocket__cli_guest_complete(struct cli_guest *guest)
{
    struct mocket_host_opts *opts = &guest->opts;
    opts->env = (const char *const *)guest->env;
    opts->env_count = guest->env_count;
    opts->dirs = guest->dirs;
    opts->dir_count = guest->dir_count;
    opts->nets = guest->nets;
    opts->net_count = guest->net_count;
}

void mocket__cli_guest_release(struct cli_guest *guest)
{
    for (size_t i = 0; i < guest->env_count; i++)
        free(guest->env[i]);
    for (size_t i = 0; i < guest->dir_count; i++)
        free(guest->dir_texts[i]);
}
