/* A path asked of mocket_static: whatever it is, no byte of a file outside the folder, of a name that begins with a
 * dot or behind a link that leads out is ever in the answer (F-10). */
#include <fcntl.h>
#include <ftw.h>
#include <mocket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"

enum { PATH_MAX_LEN = 256 };

/* One folder for all inputs, made at the first: a fuzzer has no other place for what lasts. */
static struct {
    char folder[64]; /* made by mkdtemp */
    mocket_app *app;
    mocket_client *client;
} site = { .folder = "/tmp/mocket-static-fuzz-XXXXXX" };

struct place {
    char text[128];
};

static struct place below(const char *name)
{
    struct place p;
    FUZZ_HOLDS(snprintf(p.text, sizeof p.text, "%s/%s", site.folder, name) < (int)sizeof p.text);
    return p;
}

static void make_file(const char *name, const char *content)
{
    int fd = open(below(name).text, O_WRONLY | O_CREAT | O_EXCL, 0600);
    FUZZ_HOLDS(fd >= 0 && write(fd, content, strlen(content)) == (ssize_t)strlen(content) && close(fd) == 0);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *walk)
{
    (void)st, (void)kind, (void)walk;
    return remove(path);
}

static void remove_site(void)
{
    nftw(site.folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void make_site(void)
{
    FUZZ_HOLDS(mkdtemp(site.folder));
    atexit(remove_site);
    static const char *const folders[] = { "site", "site/a", "site/.b" };
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        FUZZ_HOLDS(mkdir(below(folders[i]).text, 0700) == 0);
    make_file("secret", "SECRET");
    make_file("site/index.html", "public");
    make_file("site/a/c", "public");
    make_file("site/.b/c", "SECRET");
    make_file("site/.s", "SECRET");
    FUZZ_HOLDS(symlink("..", below("site/up").text) == 0 && symlink("../../secret", below("site/a/out").text) == 0);
    site.app = mocket_new();
    mocket_static(site.app, "/s", below("site").text, NULL);
    site.client = mocket_client_new(site.app);
    FUZZ_HOLDS(site.client != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!site.client)
        make_site();
    if (size > PATH_MAX_LEN)
        return 0;
    char line[PATH_MAX_LEN + 16] = "GET /s/";
    memcpy(line + strlen(line), data, size);
    mocket_reply *reply = mocket_client_send(site.client, line, (mocket_span){ NULL, 0 });
    if (!reply)
        return 0; /* no request line */
    mocket_span body;
    FUZZ_HOLDS(mocket_reply_body(reply, &body) == 0);
    int status = mocket_reply_status(reply);
    FUZZ_HOLDS(memmem(body.ptr ? body.ptr : "", body.len, "SECRET", 6) == NULL);
    FUZZ_HOLDS(status == 200 || status == 301 || status == 304 || status == 400 || status == 404);
    const char *location = mocket_reply_header(reply, "Location");
    FUZZ_HOLDS(!location || (location[0] == '/' && location[1] != '/'));
    return 0;
}
