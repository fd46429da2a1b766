/* A whole connection: parser, framework and writer over loopback's standard input and output, which are files in memory
 * here. The first byte tells how many bytes a read gives. However the input is cut, the same requests are seen and the
 * same answers come, but for a refusal at the end: a head that is hopeless may be refused before its end, and then for
 * another reason. With Expect the answers depend on when bytes come, so there only crashes count. */
#include <sys/mman.h>
#include <unistd.h>

#include <mocket.h>

#include "fuzz.h"

static uint32_t mix(uint32_t hash, mocket_span s)
{
    for (size_t i = 0; i < s.len; i++)
        hash = (hash ^ (unsigned char)s.ptr[i]) * 16777619u;
    return (hash ^ 0x100) * 16777619u;
}

/* Answers with sums of what it saw, so that no text of the input stands in the output. */
static int digest(mocket_event *e)
{
    mocket_span body;
    uint32_t hash = mix(2166136261u, mocket__span(mocket_method(e)));
    const mocket_fields *headers = mocket_fields_of(e, MOCKET_HEADERS);
    int rc = mocket_body(e, &body);
    hash = mix(mix(hash, mocket__span(mocket_path(e))), mocket__span(mocket_query_string(e)));
    for (size_t i = 0; i < mocket_fields_count(headers); i++) {
        mocket_span name, value;
        mocket_fields_at(headers, i, &name, &value);
        hash = mix(mix(hash, name), value);
    }
    return rc ? rc : mocket_textf(e, "%08x %zu %08x", hash, body.len, mix(2166136261u, body));
}

static int put_in_pieces(mocket_event *e)
{
    mocket_span body;
    int rc = mocket_body(e, &body);
    for (size_t i = 0; i < 3 && rc == 0; i++)
        rc = mocket_write(e, MOCKET_SPAN("piece"));
    return rc;
}

static mocket_app *app_new(void)
{
    mocket_app *app = mocket_new();
    mocket_set(app, MOCKET_MAX_HEAD, 1024);
    mocket_set(app, MOCKET_MAX_TARGET, 64);
    mocket_set(app, MOCKET_MAX_BODY, 256);
    mocket_all(app, "/pieces", put_in_pieces);
    mocket_all(app, "/**", digest);
    return app;
}

/* A file in memory in the place of a descriptor. */
static void put_file(int fd, mocket_span bytes)
{
    int file = memfd_create("session", MFD_CLOEXEC);
    FUZZ_HOLDS(file >= 0 && write(file, bytes.ptr, bytes.len) == (ssize_t)bytes.len);
    FUZZ_HOLDS(lseek(file, 0, SEEK_SET) == 0 && dup2(file, fd) == fd);
    close(file);
}

/* What is left of a line that names the time. */
static void add_line(struct mocket_buf *out, mocket_span line)
{
    if (line.len < 5 || memcmp(line.ptr, "Date:", 5) != 0)
        mocket__buf_span(out, line);
}

static void run(mocket_app *app, mocket_span in, size_t read_max, struct mocket_buf *out)
{
    char text[24], bytes[65536];
    mocket_span all = { bytes, 0 };
    snprintf(text, sizeof(text), "%zu", read_max);
    setenv("MOCKET_READ_MAX", text, 1);
    put_file(STDIN_FILENO, in);
    put_file(STDOUT_FILENO, (mocket_span){ "", 0 });
    FUZZ_HOLDS(mocket_listen(app, "") == 0);
    ssize_t len = pread(STDOUT_FILENO, bytes, sizeof(bytes), 0);
    FUZZ_HOLDS(len >= 0);
    all.len = (size_t)len;
    for (size_t at = 0, end; at < all.len; at = end) {
        end = mocket__span_find(all, '\n', at) + 1;
        add_line(out, mocket__span_slice(all, at, end));
    }
}

static bool holds(mocket_span s, const char *text)
{
    return memmem(s.ptr, s.len, text, strlen(text)) != NULL;
}

/* Without the last answer, if it refuses and closes. */
static mocket_span without_refusal(mocket_span out)
{
    static const char mark[] = "HTTP/1.1 ";
    for (size_t at = out.len; at-- > 0;) {
        mocket_span last = mocket__span_slice(out, at, out.len);
        if (last.len <= sizeof(mark) || memcmp(last.ptr, mark, sizeof(mark) - 1) != 0)
            continue;
        bool refuses = last.ptr[sizeof(mark) - 1] >= '4' && holds(last, "\r\nConnection: close\r\n");
        return refuses ? mocket__span_slice(out, 0, at) : out;
    }
    return out;
}

static bool asks_to_wait(mocket_span in)
{
    for (size_t i = 0; i + 6 <= in.len; i++)
        if (mocket__span_ieq(mocket__span_slice(in, i, i + 6), MOCKET_SPAN("expect")))
            return true;
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static mocket_app *app; /* made once: the same for every input */
    struct mocket_buf whole = { 0 }, cut = { 0 };
    if (app == NULL)
        app = app_new();
    if (size == 0 || size > 8192)
        return 0;
    mocket_span in = fuzz_input(data + 1, size - 1);
    run(app, in, 16384, &whole);
    run(app, in, (size_t)data[0] % 64 + 1, &cut);
    mocket_span a = without_refusal(mocket__buf_view(&whole)), b = without_refusal(mocket__buf_view(&cut));
    FUZZ_HOLDS(asks_to_wait(in) || mocket__span_eq(a, b));
    mocket__buf_release(&whole);
    mocket__buf_release(&cut);
    return 0;
}
