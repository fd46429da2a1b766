/* Files of a folder (contract.md, section 7).
 *
 * * From the request's canonical path to a file name it is one way: cut off the mount, decode once, refuse every
 *   segment that begins with a dot. Whether the file lies below the folder is then not decided by looking at names but
 *   by src/system/beneath.h, which also sees symbolic links that somebody puts there in the meantime. In a guest the
 *   host does the same below each folder that it granted. The folder itself is looked up at each request, so that it
 *   may be a link that a deployment switches.
 *
 * * The open descriptor gives size, time and bytes (fstat), so they belong to the same file, whatever happens to its
 *   name. The bytes are read while they are sent, so memory does not grow with the file. */
#include <mocket.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../system/beneath.h"

#define NO_TIME (-1)
#define TIME_LEAST 318297600 /* 2 Feb 1980: tools that pack files use 0, 1, 1 Jan 1980 (ZIP) and 1 Feb 1980 (Gradle) */

struct site {
    struct mocket_static_opts opts;
    const char *dir;
    size_t base_segments; /* of the mount: not part of a file's name */
};

/* One file that is open. */
struct file {
    int fd;
    int64_t size;
    int64_t modified_s; /* NO_TIME: it says nothing */
    int64_t version_s;  /* the modification time, or else the change time, which identifies the bytes; NO_TIME */
    uint32_t version_ns;
    const struct variant *variant;
    int64_t left; /* of the bytes to be sent */
};

/* The stored variants of a file. Of two variants that the client prefers equally, the later one wins. */
static const struct variant {
    const char *coding;
    const char *suffix;
} variants[] = { { "identity", "" }, { "gzip", ".gz" }, { "br", ".br" } };

/* ---- Opening ---- */

enum kind { NOTHING, FILE_THERE, FOLDER_THERE, NO_ROOM /* for a descriptor: nobody can say */ };

static enum kind kind_of_failure(void)
{
    return errno == EMFILE || errno == ENFILE || errno == ENOMEM ? NO_ROOM : NOTHING;
}

/* Package managers and image builders set all modification times to one constant, and a wrong clock sets one in the
 * future (RFC 9110, section 8.8.2.1, forbids to send it). Such a time does not distinguish two contents. So the entity
 * tag uses the time of the last change of the inode instead, which no program can set, and there is no Last-Modified
 * (D-76).
 *
 * File systems of read-only images store one time only and show it as both. If it is such a constant, there is no
 * entity tag: a cache would use the content of an old image for the next image. */
static void take_times(struct file *file, const struct stat *st)
{
    bool known = st->st_mtim.tv_sec >= TIME_LEAST && st->st_mtim.tv_sec <= time(NULL);
    const struct timespec *version = known ? &st->st_mtim : &st->st_ctim;
    file->modified_s = known ? st->st_mtim.tv_sec : NO_TIME;
    file->version_s = version->tv_sec >= TIME_LEAST ? version->tv_sec : NO_TIME;
    file->version_ns = (uint32_t)version->tv_nsec;
}

/* Looks at path; a file stays open. */
static enum kind open_file(struct file *file, int root, const char *path)
{
    struct stat st;
    file->fd = mocket__beneath_open(root, path, O_RDONLY, 0);
    if (file->fd < 0)
        return kind_of_failure();
    bool known = fstat(file->fd, &st) == 0;
    if (known && S_ISREG(st.st_mode)) {
        file->size = st.st_size;
        take_times(file, &st);
        return FILE_THERE;
    }
    close(file->fd);
    file->fd = -1;
    return known && S_ISDIR(st.st_mode) ? FOLDER_THERE : NOTHING;
}

/* ---- Choosing ---- */

struct search {
    mocket_event *event;
    const struct site *site;
    int root;
    struct file best;
    int best_q;
    bool choice; /* there was more than one way to send it */
    int lack;    /* of NO_ROOM: EMFILE, ENFILE or ENOMEM */
};

static void consider(struct search *s, struct file file, const struct variant *variant)
{
    int q = mocket_accepts_encoding(s->event, variant->coding);
    bool plain = variant == &variants[0];
    s->choice = s->choice || !plain;
    if (plain || (q > 0 && q >= s->best_q)) { /* the plain file comes first, and will do if nothing else does */
        if (s->best.fd >= 0)
            close(s->best.fd);
        s->best = file;
        s->best.variant = variant;
        s->best_q = q;
    } else {
        close(file.fd);
    }
}

/* Finds the file of that name in the variant that the client prefers. */
static enum kind find_name(struct search *s, const char *name)
{
    size_t count = s->site->opts.no_precompressed ? 1 : sizeof variants / sizeof *variants;
    enum kind nothing = NOTHING;
    for (size_t i = 0; i < count; i++) {
        struct file file = { .fd = -1 };
        const char *path = i == 0 ? name : mocket_format(s->event, "%s%s", name, variants[i].suffix);
        enum kind kind = open_file(&file, s->root, path);
        if (kind == FILE_THERE)
            consider(s, file, &variants[i]);
        else if (kind == FOLDER_THERE && i == 0)
            return FOLDER_THERE;
        else if (kind == NO_ROOM)
            s->lack = errno, nothing = NO_ROOM;
    }
    return s->best.fd >= 0 ? FILE_THERE : nothing;
}

/* The index of the folder; its name goes to *name. */
static enum kind find_index(struct search *s, const char **name)
{
    for (const char *const *index = s->site->opts.index; *index; index++) {
        const char *path = mocket_format(s->event, "%s%s%s", *name, (*name)[0] ? "/" : "", *index);
        enum kind kind = find_name(s, path);
        if (kind == FILE_THERE)
            *name = path;
        if (kind == FILE_THERE || kind == NO_ROOM)
            return kind;
    }
    return NOTHING;
}

/* ---- Names ---- */

/* Returns the path behind the mount, without slashes at its ends; NULL if the path is not below the mount. */
static const char *behind_mount(const struct site *site, const char *canonical)
{
    const char *rest = canonical;
    for (size_t i = 0; i < site->base_segments; i++) {
        if (*rest != '/')
            return NULL;
        rest++;
        rest += strcspn(rest, "/");
    }
    return *rest == '/' ? rest + 1 : rest;
}

/* No segment begins with a dot, none is empty. */
static bool may_be_shown(const char *name)
{
    for (const char *at = name; *at; at += strcspn(at, "/") + (at[strcspn(at, "/")] == '/'))
        if (*at == '.' || *at == '/')
            return false;
    return true;
}

/* The name of the file below the folder, "" for the folder; NULL: there can be none. */
static const char *name_of(mocket_event *e, const struct site *site, const char *canonical)
{
    const char *rest = behind_mount(site, canonical);
    const char *name = rest ? mocket_url_decode(e, (mocket_span){ rest, strlen(rest) }) : NULL;
    if (!name || (rest[0] && !name[0])) /* not UTF-8 */
        return NULL;
    return may_be_shown(name) ? name : NULL;
}

/* ---- Ranges (RFC 9110, section 14) ---- */

enum range_kind { WHOLE, PART, BAD };

struct range {
    int64_t from, len;
};

/* Digits to a number, as large as it gets; -1: there are none. */
static int64_t number(const char **at)
{
    int64_t n = -1;
    for (; **at >= '0' && **at <= '9'; (*at)++) {
        n = n < 0 ? 0 : n;
        n = n > (INT64_MAX - 9) / 10 ? INT64_MAX : n * 10 + (**at - '0');
    }
    return n;
}

/* Other units and several ranges are answered with the whole file. A malformed range, and one that cannot be satisfied,
 * is bad. */
static enum range_kind parse_range(const char *text, int64_t size, struct range *out)
{
    static const char unit[] = "bytes=";
    for (size_t i = 0; i < sizeof unit - 1; i++)
        if (unit[i] != (text[i] >= 'A' && text[i] <= 'Z' ? text[i] + 32 : text[i]))
            return WHOLE;
    const char *at = text + sizeof unit - 1;
    if (strchr(at, ','))
        return WHOLE;
    int64_t first = number(&at);
    if (*at++ != '-')
        return BAD;
    int64_t last = number(&at);
    if (*at || (first < 0 && last <= 0) || first >= size || (first >= 0 && last >= 0 && last < first))
        return BAD;
    if (size == 0) /* the last bytes of nothing are nothing, which no Content-Range can name */
        return WHOLE;
    int64_t from = first >= 0 ? first : last < size ? size - last : 0;
    int64_t end = first < 0 || last < 0 || last >= size ? size : last + 1;
    *out = (struct range){ from, end - from };
    return PART;
}

/* ---- Answering ---- */

static ptrdiff_t read_file(void *data, void *buf, size_t cap)
{
    struct file *file = data;
    ssize_t n;
    if ((int64_t)cap > file->left)
        cap = (size_t)file->left;
    if (cap == 0)
        return 0;
    do
        n = read(file->fd, buf, cap);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return MOCKET_EIO;
    file->left -= n;
    return n;
}

static void close_file(void *data)
{
    close(((struct file *)data)->fd);
}

/* Removes the fields of the file from a 416: otherwise a cache could store the 416 as the file. */
static int refuse_range(mocket_event *e, const struct file *file, mocket_source *source)
{
    static const char *const of_file[] = { "Content-Encoding", "ETag", "Last-Modified", "Expires", "Cache-Control" };
    mocket_source_close(source);
    mocket_header_set(e, "Content-Range", mocket_format(e, "bytes */%lld", (long long)file->size));
    for (size_t i = 0; i < sizeof of_file / sizeof *of_file; i++)
        mocket_header_set(e, of_file[i], NULL);
    return mocket_empty(e, 416);
}

static int send_range(mocket_event *e, struct file *file, mocket_source *source, struct range range)
{
    if ((lseek)(file->fd, range.from, SEEK_SET) < 0) {
        mocket_source_close(source);
        return MOCKET_EIO;
    }
    file->left = range.len;
    mocket_status(e, 206);
    mocket_header_set(e, "Content-Range",
                      mocket_format(e, "bytes %lld-%lld/%lld", (long long)range.from,
                                    (long long)(range.from + range.len - 1), (long long)file->size));
    return mocket_stream_len(e, source, range.len);
}

static int send_content(mocket_event *e, struct file *file, const char *etag, mocket_source *source)
{
    struct range range = { 0 };
    const char *wanted = strcmp(mocket_method(e), "GET") == 0 ? mocket_header(e, "Range") : NULL;
    enum range_kind kind =
        wanted && mocket_if_range(e, etag, file->modified_s) ? parse_range(wanted, file->size, &range) : WHOLE;
    mocket_header_set(e, "Accept-Ranges", "bytes");
    if (kind == BAD)
        return refuse_range(e, file, source);
    if (kind == PART)
        return send_range(e, file, source, range);
    file->left = file->size;
    return mocket_stream_len(e, source, file->size);
}

/* Size and time, and the coding, so that no two variants share one. NULL: there is no time. */
static const char *etag_of(mocket_event *e, const struct file *file)
{
    bool plain = file->variant == &variants[0];
    if (file->version_s == NO_TIME)
        return NULL;
    return mocket_format(e, "\"%llx-%llx.%x%s%s\"", (unsigned long long)file->size, (unsigned long long)file->version_s,
                         (unsigned)file->version_ns, plain ? "" : "-", plain ? "" : file->variant->coding);
}

/* Answers. The file is then closed, or belongs to the answer. */
static int answer(mocket_event *e, const struct search *s, const char *name)
{
    struct file *file = mocket_mem(e, sizeof *file);
    if (!file) {
        close(s->best.fd);
        return MOCKET_ENOMEM;
    }
    *file = s->best;
    mocket_source *source = mocket_source_new(e, read_file, close_file, file);
    if (!source)
        return MOCKET_ENOMEM;
    const char *etag = etag_of(e, file);
    mocket_header_set(e, "ETag", etag);
    if (!mocket_response_header(e, "Content-Type"))
        mocket_header_set(e, "Content-Type", mocket_type_of(name));
    if (file->variant != &variants[0])
        mocket_header_set(e, "Content-Encoding", file->variant->coding);
    if (file->modified_s != NO_TIME)
        mocket_header_set(e, "Last-Modified", mocket_date(e, file->modified_s));
    if (s->site->opts.cache_control)
        mocket_header_set(e, "Cache-Control", s->site->opts.cache_control);
    if (s->choice)
        mocket_vary(e, "Accept-Encoding");
    int condition = mocket_precondition(e, etag, file->modified_s);
    if (condition == 0)
        return send_content(e, file, etag, source);
    if (condition == 304) { /* as mocket_empty has it, middlewares learn the length */
        mocket_stream_len(e, source, file->size);
        return mocket_empty(e, 304);
    }
    mocket_source_close(source);
    mocket_header_set(e, "Cache-Control", NULL);
    return condition;
}

/* A page's relative links count from the folder only when its address ends in a slash (F-12). */
static int to_folder(mocket_event *e, const char *canonical)
{
    const char *query = mocket_query_string(e);
    return mocket_redirect(e, 301, mocket_format(e, "%s/%s%s", canonical, query[0] ? "?" : "", query));
}

static int not_found(mocket_event *e, const struct site *site)
{
    return site->opts.fall_through ? mocket_next(e) : 404;
}

/* The file may exist: a 404 would be wrong, and caches would store it. */
static int no_room(mocket_event *e, const char *name, int lack)
{
    mocket_log(e, MOCKET_LOG_ERROR, "static: %s cannot be opened: %s", name[0] ? name : "the folder",
               lack == ENOMEM ? "out of memory" : "too many open files");
    mocket_header_set(e, "Retry-After", "1");
    return 503;
}

static int serve(mocket_event *e, struct search *s, const char *canonical)
{
    const char *raw = mocket_path(e), *name = name_of(e, s->site, canonical);
    bool as_folder = strcmp(canonical, "/") == 0 || (raw[0] && raw[strlen(raw) - 1] == '/');
    if (!name)
        return not_found(e, s->site);
    s->root = mocket__beneath_folder(s->site->dir);
    enum kind kind = s->root < 0 ? kind_of_failure() : NOTHING;
    s->lack = errno;
    if (s->root >= 0 && as_folder)
        kind = find_index(s, &name);
    else if (s->root >= 0)
        kind = name[0] ? find_name(s, name) : FOLDER_THERE;
    if (s->root >= 0)
        close(s->root);
    if (kind == FOLDER_THERE)
        return to_folder(e, canonical);
    if (kind == NO_ROOM)
        return no_room(e, name, s->lack);
    return kind == FILE_THERE ? answer(e, s, name) : not_found(e, s->site);
}

static int static_handler(mocket_event *e)
{
    struct search s = { .event = e, .site = mocket_data(e), .best = { .fd = -1 } };
    bool reads = strcmp(mocket_method(e), "GET") == 0 || strcmp(mocket_method(e), "HEAD") == 0;
    if (!reads && s.site->opts.fall_through)
        return mocket_next(e);
    if (!reads) {
        mocket_header_set(e, "Allow", "GET, HEAD");
        return 405;
    }
    const char *canonical = mocket_path_canonical(e);
    if (!canonical)
        return s.site->opts.fall_through ? mocket_next(e) : 400;
    return serve(e, &s, canonical);
}

/* ---- Set-up ---- */

static const char *const *copy_index(mocket_app *app, const char *const *index)
{
    static const char *const usual[] = { "index.html", NULL };
    size_t count = 0;
    if (!index)
        return usual;
    for (; index[count]; count++)
        if (strchr(index[count], '/') || !index[count][0])
            mocket_mistake(app, "mocket_static: an index must be the name of a file, without a path");
    const char **copy = mocket_app_mem(app, (count + 1) * sizeof *copy);
    for (size_t i = 0; copy && i < count; i++)
        copy[i] = mocket_app_text(app, index[i]);
    return copy;
}

static size_t count_segments(const char *path)
{
    size_t count = 0;
    for (; *path; path += strcspn(path, "/")) {
        path += strspn(path, "/");
        count += *path != '\0';
    }
    return count;
}

/* A missing folder is a mistake natively. In a guest it is a folder that was not granted. */
static void check_dir(mocket_app *app, const char *dir)
{
    static const char words[] = "mocket_static: not a folder: ";
    char *text = mocket__beneath_is_folder(dir) ? NULL : mocket_app_mem(app, sizeof words + strlen(dir));
    if (!text)
        return;
    memcpy(text, words, sizeof words - 1);
    memcpy(text + sizeof words - 1, dir, strlen(dir));
    mocket_mistake(app, text);
}

void mocket_static(mocket_app *app, const char *mount, const char *dir, const struct mocket_static_opts *opts)
{
    struct site *site = mocket_app_mem(app, sizeof *site);
    if (!site)
        return;
    if (!mount || (mount[0] && mount[0] != '/') || strpbrk(mount, "*:")) {
        mocket_mistake(app, "mocket_static: mount must be a path that begins with a slash, without : and *");
        return;
    }
    if (!dir || !dir[0]) {
        mocket_mistake(app, "mocket_static: dir is missing");
        return;
    }
    mocket_opts_read(&site->opts, sizeof site->opts, opts);
    if (site->opts.cache_control && !mocket_is_header_value(site->opts.cache_control))
        mocket_mistake(app, "mocket_static: cache_control contains a control byte");
    mocket_app *group = mocket_group(app, mount);
    check_dir(app, dir);
    site->dir = mocket_app_text(app, dir);
    site->opts.index = copy_index(app, site->opts.index);
    site->opts.cache_control = mocket_app_text(app, site->opts.cache_control);
    site->base_segments = count_segments(mocket_base(group));
    mocket_use(group, NULL, static_handler, site);
}
