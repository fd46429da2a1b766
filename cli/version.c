/* `mocket version`. */
#include <mocket.h>
#include <mocket_abi.h>
#include <stdio.h>

#include "engine.h"
#include "verbs.h"

struct version {
    bool json;
};

static int take_word(void *into, const char *text)
{
    (void)into;
    return mocket__cli_misuse("version", "%s: this verb takes options only", text);
}

static const struct cli_option options[] = {
    { CLI_SWITCH, "json", .at = offsetof(struct version, json), .help = "print one JSON object instead of text" },
    { .name = NULL },
};

static int run(int argc, char **argv)
{
    struct version v = { 0 };
    int rc = mocket__cli_options(&mocket__cli_version, argc, argv, &v);
    if (rc != 0)
        return rc;
    const char *engine = mocket__cli_engine();
    if (v.json)
        printf("{\"version\":\"%s\",\"abi\":{\"version\":%d,\"minor\":%d},\"engine\":%s%s%s}\n", mocket_version(),
               MOCKET_ABI_VERSION, MOCKET_ABI_MINOR, engine ? "\"" : "", engine ? engine : "null", engine ? "\"" : "");
    else
        printf("mocket %s\nguest ABI %d.%d\nengine %s\n", mocket_version(), MOCKET_ABI_VERSION, MOCKET_ABI_MINOR,
               engine ? engine : "none: this build has no wasm host");
    return 0;
}

const struct cli_verb mocket__cli_version = {
    .name = "version",
    .group = "Other",
    .summary = "print the versions of Mocket, the guest ABI and the engine",
    .usage =
        "usage: mocket version [--json]\n"
        "\n"
        "Prints the versions of the library, of the guest ABI and of the engine that\n"
        "runs guests.\n",
    .options = options,
    .more =
        "Examples:\n"
        "  mocket version\n"
        "  mocket version --json\n",
    .run = run,
    .word = take_word,
};
