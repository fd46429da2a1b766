/* The parent makes three things before it starts the child:
 *
 *     job      a sealed file in memory: struct job, then the module           (descriptor 3 of the child)
 *     result   an empty file in memory, which the child fills and seals       (descriptor 4)
 *     words    a pipe, which is the child's standard error                    (descriptor 2)
 *
 * The child writes the reason of a failure to the pipe. The end of the pipe shows the end of the child, because only
 * the child has its other end. The child has no environment and no other descriptors, writes no core file, and limits
 * itself before it reads the module.
 *
 * RLIMIT_DATA bounds memory: it counts private writable memory, which is what a compiler allocates. RLIMIT_AS would
 * count address space that allocators reserve for each thread and never use.
 *
 * What must stay true: the parent maps the result only when it is sealed, so that the code cannot change after its
 * checks; and the child has ended when compile_run returns, whatever it returns. */
#include "compile.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../../src/base/deadline.h"
#include "../../../src/base/span.h"
#include "write_all.h"

#define RESULT_MAX (UINT64_C(1) << 30)
#define WORDS_MAX 4096 /* of the child's reason; the rest is dropped */
#define THREADS_MAX 8u /* of the child */
#define SLOW_MS 1000
#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)
#define MAGIC "mocket compile 1"

enum { FD_JOB = 3, FD_RESULT, FD_FIRST_FREE };
enum { EXIT_DONE = 0, EXIT_MISUSE = 64, EXIT_INVALID, EXIT_FAILED = 70 }; /* not those of any other program */

struct job {
    char magic[sizeof MAGIC];
    char engine[64]; /* engine_name: parent and child are the same program */
    struct engine_settings settings;
    uint64_t cpu_ms, memory_bytes, wasm_len;
    pid_t parent;
};

static int fail(struct mocket_buf *why, const char *what)
{
    int error = errno;
    mocket__buf_text(why, "the compiler could not be started: ");
    mocket__buf_text(why, what);
    mocket__buf_text(why, ": ");
    mocket__buf_text(why, strerror(error));
    return error == ENOMEM ? MOCKET_ENOMEM : MOCKET_EIO;
}

/* ---- The child ---- */

/* The sealed file as bytes; NULL when it is not sealed, too large, or cannot be mapped. */
static const char *map_sealed(int fd, uint64_t max, size_t *len)
{
    struct stat st;
    if (fcntl(fd, F_GET_SEALS) != SEALS || fstat(fd, &st) < 0 || st.st_size <= 0 || (uint64_t)st.st_size > max)
        return NULL;
    void *at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    *len = (size_t)st.st_size;
    return at == MAP_FAILED ? NULL : at;
}

static bool limit(int which, uint64_t value, uint64_t more)
{
    struct rlimit now;
    if (getrlimit(which, &now) < 0)
        return false;
    rlim_t hard = value + more < now.rlim_max ? value + more : now.rlim_max; /* RLIM_INFINITY is the largest */
    rlim_t soft = value < hard ? value : hard;
    return setrlimit(which, &(struct rlimit){ soft, hard }) == 0;
}

/* What the program has of such memory already: with a sanitizer, terabytes. */
static uint64_t data_bytes(void)
{
    uint64_t pages = 0;
    FILE *f = fopen("/proc/self/statm", "re");
    if (!f)
        return 0;
    if (fscanf(f, "%*u %*u %*u %*u %*u %" SCNu64, &pages) != 1)
        pages = 0;
    fclose(f);
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* Ends with its parent, and within its limits. */
static bool confine(const struct job *job)
{
    signal(SIGXFSZ, SIG_IGN); /* a result that is too large is an error of write */
    signal(SIGHUP, SIG_IGN);  /* as the host does: a terminal that is closed tells both */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    return getppid() == job->parent && limit(RLIMIT_CORE, 0, 0) && limit(RLIMIT_FSIZE, RESULT_MAX, 0) &&
           (!job->cpu_ms || limit(RLIMIT_CPU, (job->cpu_ms + 999) / 1000, 1)) &&
           (!job->memory_bytes || limit(RLIMIT_DATA, data_bytes() + job->memory_bytes, 0));
}

static int say(int code, const char *text)
{
    engine_write_all(STDERR_FILENO, text, strlen(text));
    return code;
}

static int hand_back(struct engine_module *module)
{
    struct mocket_buf code = { 0 };
    int rc = engine_module_save(module, &code);
    if (rc < 0)
        return say(EXIT_FAILED, "no memory for the compiled module");
    if (code.len > RESULT_MAX || engine_write_all(FD_RESULT, code.ptr, code.len) < 0)
        return say(EXIT_FAILED, "the compiled module is too large, or there is no memory for it");
    if (fcntl(FD_RESULT, F_ADD_SEALS, SEALS) < 0)
        return say(EXIT_FAILED, strerror(errno));
    return EXIT_DONE;
}

static int compile(const struct job *job, mocket_span wasm)
{
    struct engine *engine;
    struct engine_module *module;
    struct mocket_buf why = { 0 };
    int rc = engine_open_compiler(&job->settings, &engine);
    if (rc == 0)
        rc = engine_module_open(engine, wasm, &module, &why);
    if (rc == 0)
        return hand_back(module);
    mocket__buf_add(&why, "", 1);
    return say(rc == MOCKET_EINVAL ? EXIT_INVALID : EXIT_FAILED,
               mocket__buf_status(&why) == 0 && why.len > 1 ? why.ptr : mocket_strerror(rc));
}

static int child(void)
{
    struct job job;
    size_t len = 0;
    const char *at = map_sealed(FD_JOB, UINT64_MAX, &len);
    if (!at || len < sizeof job || (memcpy(&job, at, sizeof job), len - sizeof job != job.wasm_len) ||
        memcmp(job.magic, MAGIC, sizeof job.magic) != 0)
        return EXIT_MISUSE;
    if (strncmp(job.engine, engine_name(), sizeof job.engine) != 0)
        return say(EXIT_FAILED, "the program was replaced by one with another engine; start it again");
    if (!confine(&job))
        return say(EXIT_FAILED, "the limits of the compiler could not be set");
    return compile(&job, (mocket_span){ at + sizeof job, len - sizeof job });
}

/* Nothing runs after it in this process: no functions of atexit, no flushing. */
void compile_child(void)
{
    int code = child();
    if (code != EXIT_MISUSE)
        _exit(code);
}

/* ---- The parent: what the child gets ---- */

/* Descriptors of the parent are above those that the child's are moved to. */
static int above(int fd)
{
    int moved = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 16);
    int error = errno;
    if (fd >= 0)
        close(fd);
    errno = error;
    return moved;
}

struct child {
    int job, result, words[2]; /* -1: not open */
    pid_t pid;                 /* 0: not started */
    int status;                /* of waitpid */
    struct rusage usage;
    bool killed; /* it took too long by the clock */
    char text[WORDS_MAX];
    size_t text_len;
};

static int write_job(struct child *c, const struct compile_opts *opts, const struct engine *engine, mocket_span wasm)
{
    struct job job;
    memset(&job, 0, sizeof job); /* padding too */
    memcpy(job.magic, MAGIC, sizeof job.magic);
    strncpy(job.engine, engine_name(), sizeof job.engine - 1);
    job.settings = engine_settings_of(engine);
    job.cpu_ms = opts->cpu_ms;
    job.memory_bytes = opts->memory_bytes;
    job.wasm_len = wasm.len;
    job.parent = getpid();
    int rc = engine_write_all(c->job, &job, sizeof job);
    if (rc == 0)
        rc = engine_write_all(c->job, wasm.ptr, wasm.len);
    return rc < 0 || fcntl(c->job, F_ADD_SEALS, SEALS) < 0 ? MOCKET_EIO : 0;
}

static int open_files(struct child *c, struct mocket_buf *why)
{
    int ends[2];
    c->job = above(memfd_create("mocket-module", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    c->result = above(memfd_create("mocket-code", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (c->job < 0 || c->result < 0)
        return fail(why, "memfd_create");
    if (pipe2(ends, O_CLOEXEC) < 0)
        return fail(why, "pipe");
    c->words[0] = above(ends[0]);
    c->words[1] = above(ends[1]);
    return c->words[0] < 0 || c->words[1] < 0 ? fail(why, "pipe") : 0;
}

static void close_at(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* The child begins with every signal as it is for a new program, whatever this thread blocks. */
static int spawn(struct child *c, const char *program)
{
    char threads[40];
    cpu_set_t set;
    unsigned cpus = sched_getaffinity(0, sizeof set, &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1;
    snprintf(threads, sizeof threads, "RAYON_NUM_THREADS=%u", cpus < THREADS_MAX ? cpus : THREADS_MAX);
    char name[] = "mocket", verb[] = COMPILE_VERB, *argv[] = { name, verb, NULL }, *env[] = { threads, NULL };
    sigset_t all, none;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t files;
    sigfillset(&all);
    sigemptyset(&none);
    if (posix_spawnattr_init(&attributes) != 0)
        return ENOMEM;
    int rc = posix_spawn_file_actions_init(&files);
    if (rc == 0) {
        posix_spawnattr_setsigdefault(&attributes, &all);
        posix_spawnattr_setsigmask(&attributes, &none);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
        rc = posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0) ||
             posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0) ||
             posix_spawn_file_actions_adddup2(&files, c->words[1], STDERR_FILENO) ||
             posix_spawn_file_actions_adddup2(&files, c->job, FD_JOB) ||
             posix_spawn_file_actions_adddup2(&files, c->result, FD_RESULT) ||
             posix_spawn_file_actions_addclosefrom_np(&files, FD_FIRST_FREE);
        rc = rc ? ENOMEM : posix_spawn(&c->pid, program, &files, &attributes, argv, env);
        posix_spawn_file_actions_destroy(&files);
    }
    posix_spawnattr_destroy(&attributes);
    if (rc != 0)
        c->pid = 0;
    return rc;
}

/* Where /proc is not mounted, the name under which the program was started may do. */
static int start(struct child *c, const struct compile_opts *opts, struct mocket_buf *why)
{
    static const char self[] = "/proc/self/exe";
    const char *started = (const char *)getauxval(AT_EXECFN);
    errno = spawn(c, opts->program ? opts->program : self);
    if (errno == ENOENT && !opts->program && started)
        errno = spawn(c, started);
    int rc = errno == 0 ? 0 : fail(why, opts->program ? opts->program : self);
    close_at(&c->words[1]);
    return rc;
}

/* ---- The parent: until the child has ended ---- */

static uint64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return mocket__timespec_ns(t) / MOCKET_MS_NS;
}

/* False at the end. */
static bool read_words(struct child *c)
{
    char scrap[512];
    size_t room = sizeof c->text - c->text_len;
    ssize_t n = read(c->words[0], room ? c->text + c->text_len : scrap, room ? room : sizeof scrap);
    if (n > 0 && room)
        c->text_len += (size_t)n;
    return n > 0 || (n < 0 && errno == EINTR);
}

static void wait_for(struct child *c, const struct compile_opts *opts)
{
    uint64_t now = now_ms();
    uint64_t end = opts->cpu_ms ? mocket__deadline_after(now, COMPILE_WALL * opts->cpu_ms) : MOCKET_NEVER;
    uint64_t slow = opts->slow && now + SLOW_MS < end ? now + SLOW_MS : MOCKET_NEVER;
    struct pollfd words = { .fd = c->words[0], .events = POLLIN };
    for (bool open = true; open;) {
        now = now_ms();
        if (mocket__deadline_is_over(slow, now)) {
            slow = MOCKET_NEVER;
            opts->slow(opts->data);
        }
        if (mocket__deadline_is_over(end, now) && !c->killed) {
            c->killed = true;
            kill(c->pid, SIGKILL);
        }
        uint64_t left = mocket__deadline_left(mocket__deadline_first(slow, end), now);
        int n = poll(&words, 1, c->killed ? -1 : left < SLOW_MS ? (int)left : SLOW_MS);
        open = n <= 0 || read_words(c);
    }
    while (wait4(c->pid, &c->status, 0, &c->usage) < 0 && errno == EINTR)
        continue;
}

/* ---- The parent: what has become of it ---- */

static int over_limit(struct mocket_buf *why, const char *what, uint64_t n, const char *unit)
{
    mocket__buf_text(why, what);
    mocket__buf_decimal(why, n);
    mocket__buf_text(why, unit);
    return MOCKET_ELIMIT;
}

static void add_words(struct mocket_buf *why, const struct child *c)
{
    static const char advice[] = "\nnote: "; /* to whoever develops the compiler */
    const char *end = memmem(c->text, c->text_len, advice, sizeof advice - 1);
    mocket_span text = mocket__span_trim((mocket_span){ c->text, end ? (size_t)(end - c->text) : c->text_len });
    mocket__buf_text(why, text.len ? ": " : "");
    mocket__buf_span(why, text);
}

static void add_memory(const struct child *c, const struct compile_opts *opts, struct mocket_buf *why)
{
    mocket__buf_text(why, " with ");
    mocket__buf_decimal(why, (uint64_t)c->usage.ru_maxrss / 1024);
    mocket__buf_text(why, " MiB in use");
    if (opts->memory_bytes) {
        mocket__buf_text(why, " of ");
        mocket__buf_decimal(why, opts->memory_bytes >> 20);
        mocket__buf_text(why, " MiB (--compile-memory)");
    }
}

/* A signal: of the limits, of the compiler's own failure, or from outside. Rust ends a program that has no memory by
 * SIGABRT, so the memory that was used is part of the message. */
static int explain_signal(const struct child *c, const struct compile_opts *opts, struct mocket_buf *why)
{
    int number = WTERMSIG(c->status);
    uint64_t cpu_ms = (uint64_t)(c->usage.ru_utime.tv_sec + c->usage.ru_stime.tv_sec) * 1000;
    uint64_t seconds = (opts->cpu_ms + 999) / 1000;
    if (c->killed)
        return over_limit(why, "compiling took longer than ", COMPILE_WALL * opts->cpu_ms / 1000,
                          " s by the clock, five times --compile-timeout");
    if (number == SIGXCPU || (number == SIGKILL && opts->cpu_ms && cpu_ms >= seconds * 1000))
        return over_limit(why, "compiling takes more than ", seconds, " s of processor time (--compile-timeout)");
    mocket__buf_text(why, "the compiler ended (");
    mocket__buf_text(why, strsignal(number));
    mocket__buf_text(why, ")");
    add_memory(c, opts, why);
    add_words(why, c);
    return MOCKET_ELIMIT;
}

static int take_result(const struct child *c, const struct compile_opts *opts, struct compile_result *out,
                       struct mocket_buf *why)
{
    if (WIFSIGNALED(c->status))
        return explain_signal(c, opts, why);
    if (WEXITSTATUS(c->status) == EXIT_INVALID) {
        mocket__buf_span(why, (mocket_span){ c->text, c->text_len });
        return MOCKET_EINVAL;
    }
    if (WEXITSTATUS(c->status) != EXIT_DONE) {
        mocket__buf_text(why, "the compiler failed");
        add_memory(c, opts, why);
        add_words(why, c);
        return MOCKET_EIO;
    }
    out->code.ptr = map_sealed(c->result, RESULT_MAX, &out->code.len);
    if (out->code.ptr)
        return 0;
    mocket__buf_text(why, "the compiler returned no sealed file");
    return MOCKET_EIO;
}

int compile_run(const struct compile_opts *opts, const struct engine *engine, mocket_span wasm,
                struct compile_result *out, struct mocket_buf *why)
{
    struct child c = { .job = -1, .result = -1, .words = { -1, -1 } };
    *out = (struct compile_result){ 0 };
    int rc = open_files(&c, why);
    if (rc == 0 && (rc = write_job(&c, opts, engine, wasm)) < 0)
        rc = fail(why, "its input");
    if (rc == 0)
        rc = start(&c, opts, why);
    if (rc == 0) {
        wait_for(&c, opts);
        rc = take_result(&c, opts, out, why);
    }
    int *const fds[] = { &c.job, &c.result, &c.words[0], &c.words[1] };
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
        close_at(fds[i]);
    return rc;
}

void compile_release(struct compile_result *result)
{
    if (result->code.ptr)
        munmap((void *)(uintptr_t)result->code.ptr, result->code.len);
    *result = (struct compile_result){ 0 };
}
