/* Static files, from a folder that the program makes for itself, so that times, and with them entity tags, are
 * known. In a guest there is no folder: every mount is empty. */
#include <mocket.h>
#include <stdlib.h>

#ifndef __wasi__
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MODIFIED_S 784111777 /* Sun, 06 Nov 1994 08:49:37 GMT */
#define LARGE_LEN 3000000

static const struct {
    const char *name; /* a folder when it ends in a slash */
    const char *content;
} entries[] = {
    { "site/", NULL },
    { "site/index.html", "<h1>home</h1>\n" },
    { "site/plain.txt", "0123456789" },
    { "site/empty.txt", "" },
    { "site/style.css", "body { color: red }\n" },
    { "site/style.css.gz", "gzipped css" },
    { "site/style.css.br", "brotli css" },
    { "site/only.js.gz", "gzipped js" },
    { "site/picture.PNG", "png" },
    { "site/noext", "?" },
    { "site/with blank & %.txt", "blank" },
    { "site/\303\274ber.txt", "umlaut" },
    { "site/.secret", "secret" },
    { "site/.git/", NULL },
    { "site/.git/config", "secret" },
    { "site/dir/", NULL },
    { "site/dir/index.html", "<h1>dir</h1>\n" },
    { "site/dir/page.html", "<h1>page</h1>\n" },
    { "site/bare/", NULL },
    { "site/bare/default.htm", "<h1>default</h1>\n" },
    { "outside.txt", "outside" },
};

static char root[64];

static bool write_entry(const char *path, const char *content)
{
    if (!content)
        return mkdir(path, 0700) == 0;
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    ssize_t len = (ssize_t)strlen(content);
    struct timespec times[2] = { { MODIFIED_S, 0 }, { MODIFIED_S, 0 } };
    return fd >= 0 && write(fd, content, (size_t)len) == len && futimens(fd, times) == 0 && close(fd) == 0;
}

static bool make_large(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    return fd >= 0 && ftruncate(fd, LARGE_LEN) == 0 && close(fd) == 0;
}

static bool make_files(void)
{
    const char *tmp = getenv("TMPDIR");
    if (snprintf(root, sizeof root, "%s/mocket-static-XXXXXX", tmp ? tmp : "/tmp") >= (int)sizeof root ||
        !mkdtemp(root) || chdir(root) < 0)
        return false;
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++)
        if (!write_entry(entries[i].name, entries[i].content))
            return false;
    return make_large("site/large.bin") && symlink("plain.txt", "site/link.txt") == 0 &&
           symlink("../outside.txt", "site/escape.txt") == 0 && symlink("..", "site/up") == 0 &&
           symlink("/etc/passwd", "site/passwd") == 0 && mkfifo("site/pipe", 0600) == 0;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *walk)
{
    (void)st, (void)kind, (void)walk;
    return remove(path);
}

static void remove_files(void)
{
    if (root[0])
        nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}
#else
static bool make_files(void)
{
    return true;
}

static void remove_files(void)
{
}
#endif

static int behind(mocket_event *e)
{
    return mocket_textf(e, "behind %s", mocket_method(e));
}

int main(void)
{
    static const char *const index[] = { "none.html", "default.htm", "index.html", NULL };
    static const char *const no_index[] = { NULL };
    mocket_app *app = mocket_new();
    if (!make_files())
        mocket_mistake(app, "the files could not be made");
    mocket_static(app, "/s", "site", NULL);
    mocket_static(app, "/open", "site", &(struct mocket_static_opts){ .fall_through = true, .index = index });
    mocket_static(app, "/cached", "site",
                  &(struct mocket_static_opts){ .cache_control = "public, max-age=60", .no_precompressed = true });
    mocket_static(app, "/no-index", "site", &(struct mocket_static_opts){ .index = no_index });
    mocket_app *group = mocket_group(app, "/group/:id");
    mocket_static(group, "/files", "site", NULL);
    mocket_all(app, "/open/**", behind);
    mocket_all(app, "/s/route", behind);
    int rc = mocket_listen(app, ":4000");
    remove_files(); /* does nothing in a guest, where listen returns at once */
    return rc;
}
