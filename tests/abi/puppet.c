/* A guest that does what a request tells it: the field `x-do`, or a message of a WebSocket, is a script of calls
 * (script.py makes it), and the results go to the log. Built in direct style, or with -DEVENTS event-driven.
 *
 * A script is lines with a semicolon behind each; a line is words: `name=verb argument ...`. An argument is a number, a
 * variable with an offset (`room+2`), or bytes in hexadecimal behind a quote, whose address it is. Verbs are the
 * imports and the rows of `verbs`. Its first line is `@TAG`; results are written as `abi TAG result result ...`. */
#include <errno.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"

#define FAR_ADDRESS 0xfffffff0u
#define VARS 24
#define KEPT 8
#define KINDS 6
#define STRAYS 32

enum { DONE, WAITS }; /* what a verb says: WAITS runs the line again when the operation has ended */

struct var {
    char name[16];
    int64_t value;
};

/* A script that runs, or waits (event-driven: for `waiting`). */
struct run {
    char *script, *at, tag[32], *message, out[3000], *hex[64];
    int req, ws, waiting, ended, hex_count, given;
    bool resumed, begun;
    int64_t left, code;
    struct var vars[VARS];
    struct run *next;
};

struct sock {
    int ws;
    char tag[32], on[KINDS][400]; /* lines to run at an event */
    struct sock *next;
};

/* The runner puts another script in its place (modules.py). */
static volatile char start_script[4096] = "@@start-script@@";

static struct run *runs;
static struct sock *socks;
static int64_t kept[KEPT];
#ifdef EVENTS
static struct { /* operations that ended when no script waited for them */
    int number, result;
} stray_ops[STRAYS];
static unsigned stray_count;
#endif
static int handled, section, marked, gone, strays, stray_result, inside, last_req, alloc_mode;
static _Alignas(8) char room[1 << 17];
static char pattern[60000];
static volatile int zero;

/* ---- Results ---- */

static void say(const char *tag, const char *text)
{
    char line[4000];
    do_log(MOCKET_LOG_INFO, line, (uint32_t)snprintf(line, sizeof line, "abi %s %s", tag, text));
}

static void flush(struct run *r)
{
    if (r->out[0])
        say(r->tag, r->out);
    r->out[0] = '\0';
}

static void put_text(struct run *r, const char *text)
{
    if (strlen(r->out) + strlen(text) + 2 > sizeof r->out)
        flush(r);
    snprintf(r->out + strlen(r->out), sizeof r->out - strlen(r->out), "%s%s", r->out[0] ? " " : "", text);
}

static void put_number(struct run *r, int64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)value);
    put_text(r, text);
}

/* Bytes, as x and hexadecimal. */
static void put_bytes(struct run *r, const char *bytes, size_t len)
{
    char text[1200] = "x";
    for (size_t i = 0; i < len && i < 500; i++)
        snprintf(text + 1 + 2 * i, 3, "%02x", (unsigned char)bytes[i]);
    put_text(r, text);
}

/* ---- Messages ---- */

static const uint32_t *words_of(const char *message)
{
    return (const uint32_t *)(const void *)message;
}

/* The value of a field: its address, NULL when there is none. at: the word with the number of fields, and behind it the
 * offset of the rows. */
static const char *field(const char *message, int at, const char *name, uint32_t *len)
{
    const uint32_t *words = words_of(message) + at;
    for (uint32_t i = 0; i < words[0]; i++) {
        const uint32_t *row = words_of(message + words[1]) + i * MOCKET_ABI_ROW_WORDS;
        if (row[1] == strlen(name) && memcmp(message + row[0], name, row[1]) == 0) {
            *len = row[3];
            return message + row[2];
        }
    }
    return NULL;
}

/* ---- Arguments ---- */

static int64_t *var(struct run *r, const char *name, bool make)
{
    for (int i = 0; i < VARS; i++) {
        if (!r->vars[i].name[0] && make)
            strncpy(r->vars[i].name, name, sizeof r->vars[i].name - 1);
        if (strcmp(r->vars[i].name, name) == 0)
            return &r->vars[i].value;
    }
    return NULL;
}

static int64_t named(struct run *r, const char *name)
{
    const struct var known[] = {
        { "req", r->req },
        { "ws", r->ws },
        { "room", (intptr_t)room },
        { "message", (intptr_t)r->message },
        { "last", last_req },
        { "far", FAR_ADDRESS },
        { "end", (int64_t)__builtin_wasm_memory_size(0) * 65536 },
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].name, name) == 0)
            return known[i].value;
    int64_t *value = var(r, name, false);
    if (!value)
        __builtin_trap(); /* a fault of the case */
    return *value;
}

static int64_t bytes_of(struct run *r, const char *hex)
{
    size_t len = strlen(hex) / 2;
    char *bytes = malloc(len + 8);
    for (size_t i = 0; i < len; i++)
        bytes[i] = (char)strtol((char[]){ hex[2 * i], hex[2 * i + 1], 0 }, NULL, 16);
    if (r->hex_count == 64)
        free(r->hex[--r->hex_count]);
    r->hex[r->hex_count++] = bytes;
    return (intptr_t)bytes;
}

static int64_t value_of(struct run *r, const char *word)
{
    if (word[0] == '"')
        return bytes_of(r, word + 1);
    if (word[0] == '-' || (word[0] >= '0' && word[0] <= '9'))
        return strtoll(word, NULL, 0);
    size_t len = strcspn(word, "+-");
    char name[16];
    snprintf(name, sizeof name, "%.*s", (int)len, word);
    int64_t value = named(r, name);
    if (!word[len])
        return value;
    const char *offset = word + len + 1;
    int64_t by = offset[0] >= '0' && offset[0] <= '9' ? strtoll(offset, NULL, 0) : named(r, offset);
    return word[len] == '+' ? value + by : value - by;
}

/* ---- Imports ---- */

#define CAST_I32 (int32_t)
#define CAST_U32 (uint32_t)
#define CAST_I64 (int64_t)
#define CAST_PTR (const void *)(uintptr_t)
#define CAST_OUT (void *)(uintptr_t)
#define CAST(type, name) CAST_##type
#define PASS1(a) CAST a args[count - 1]
#define PASS2(a, ...) CAST a args[count - 2], PASS1(__VA_ARGS__)
#define PASS3(a, ...) CAST a args[count - 3], PASS2(__VA_ARGS__)
#define PASS4(a, ...) CAST a args[count - 4], PASS3(__VA_ARGS__)
#define PASS5(a, ...) CAST a args[count - 5], PASS4(__VA_ARGS__)
#define PASS(...) MOCKET_ABI_PICK(__VA_ARGS__, PASS5, PASS4, PASS3, PASS2, PASS1, )(__VA_ARGS__)
#define GIVE_NONE(call) ((call), 0)
#define GIVE_I32(call) (call)
#define GIVE_I64(call) (call)
#ifdef EVENTS
#define IF_WAITS(line) /* a module that imports await is not event-driven */
#else
#define IF_WAITS(line) line
#endif
#define IF_RUNS(line) line

#define CALL(name, minor, wait, result, ...)                                                                           \
    IF_##wait(if (strcmp(verb, #name) == 0) {                                                                          \
        *value = GIVE_##result(do_##name(PASS(__VA_ARGS__)));                                                          \
        return true;                                                                                                   \
    })

/* Calls an import; false: there is none of that name. */
static bool call(const char *verb, const int64_t *args, int count, int64_t *value)
{
    MOCKET_ABI_IMPORTS(CALL)
    return false;
}

/* ---- Waiting ---- */

/* The operation's result, or WAITS: the line runs again when it has ended. */
static int wait_for(struct run *r, int op, int64_t *result)
{
#ifdef EVENTS
    for (int i = 0; i < STRAYS; i++)
        if (stray_ops[i].number == op && op > 0) { /* it has ended while this script waited for another one */
            *result = stray_ops[i].result;
            stray_ops[i].number = 0;
            strays--;
            return DONE;
        }
    r->waiting = op;
    return WAITS;
#else
    flush(r);
    *result = do_await(op);
    return DONE;
#endif
}

static int verb_await(struct run *r, const int64_t *args, int64_t *value)
{
    if (!r->resumed)
        return wait_for(r, (int)args[0], value);
    *value = r->ended;
    return DONE;
}

/* Writes or reads a piece; waits when there is nothing to be had now. */
static int move(struct run *r, int handle, int direction, int64_t cap, int64_t *n)
{
    for (;;) {
        if (r->resumed && r->ended < 0) {
            *n = r->ended;
            return DONE;
        }
        r->resumed = false;
        *n = direction == MOCKET_ABI_WRITE ? do_body_write(handle, pattern, (uint32_t)cap)
                                           : do_body_read(handle, room, (uint32_t)cap);
        if (*n != MOCKET_EAGAIN)
            return DONE;
        int op = do_ready(handle, direction);
        if (op < 0) {
            *n = op;
            return DONE;
        }
        if (wait_for(r, op, n) == WAITS)
            return WAITS;
        if (*n < 0)
            return DONE;
    }
}

/* pour(sink, len) -> bytes, or a code */
static int verb_pour(struct run *r, const int64_t *args, int64_t *value)
{
    if (!r->begun)
        r->left = args[1];
    r->begun = true;
    for (int64_t n; r->left > 0; r->left -= n) {
        int64_t cap = r->left < (int64_t)sizeof pattern ? r->left : (int64_t)sizeof pattern;
        if (move(r, (int)args[0], MOCKET_ABI_WRITE, cap, &n) == WAITS)
            return WAITS;
        if (n <= 0) {
            *value = n;
            return DONE;
        }
    }
    *value = args[1];
    return DONE;
}

/* drain(source) -> bytes until the end, or a code */
static int verb_drain(struct run *r, const int64_t *args, int64_t *value)
{
    if (!r->begun)
        r->left = 0;
    r->begun = true;
    for (int64_t n;; r->left += n) {
        if (move(r, (int)args[0], MOCKET_ABI_READ, 10000, &n) == WAITS)
            return WAITS;
        if (n <= 0) {
            *value = n < 0 ? n : r->left;
            return DONE;
        }
    }
}

/* take(source, cap) -> one piece, as a number; it is in the room */
static int verb_take(struct run *r, const int64_t *args, int64_t *value)
{
    return move(r, (int)args[0], MOCKET_ABI_READ, args[1], value);
}

/* ---- Other verbs ---- */

static int deep(int n)
{
    return deep(n + 1) + zero;
}

static int verb_trap(struct run *r, const int64_t *args, int64_t *value)
{
    (void)args, (void)value;
    flush(r);
    __builtin_trap();
}

static int verb_loop(struct run *r, const int64_t *args, int64_t *value)
{
    (void)args, (void)value;
    flush(r);
    for (volatile int i = 0;; i++)
        ;
}

static int verb_deep(struct run *r, const int64_t *args, int64_t *value)
{
    flush(r);
    *value = deep((int)args[0]);
    return DONE;
}

static int verb_exit(struct run *r, const int64_t *args, int64_t *value)
{
    (void)value;
    flush(r);
    inside = 0; /* a start that exits with 0 has returned */
    exit((int)args[0]);
}

static int verb_flush(struct run *r, const int64_t *args, int64_t *value)
{
    (void)args, (void)value;
    flush(r);
    return DONE;
}

static int verb_work(struct run *r, const int64_t *args, int64_t *value)
{
    (void)r;
    int64_t end = do_now(MOCKET_ABI_MONOTONIC) + args[0] * 1000000;
    while (do_now(MOCKET_ABI_MONOTONIC) < end)
        ;
    *value = 0;
    return DONE;
}

static int verb_grow(struct run *r, const int64_t *args, int64_t *value)
{
    (void)r;
    *value = (int32_t)__builtin_wasm_memory_grow(0, (size_t)args[0]);
    return DONE;
}

/* put(address, bytes, len) */
static int verb_put(struct run *r, const int64_t *args, int64_t *value)
{
    (void)r;
    memcpy((void *)(uintptr_t)args[0], (const void *)(uintptr_t)args[1], (size_t)args[2]);
    *value = args[2];
    return DONE;
}

/* fill(address, byte, len) */
static int verb_fill(struct run *r, const int64_t *args, int64_t *value)
{
    (void)r;
    memset((void *)(uintptr_t)args[0], (int)args[1], (size_t)args[2]);
    *value = args[2];
    return DONE;
}

/* words(address, word ...) */
static int verb_words(struct run *r, const int64_t *args, int64_t *value)
{
    *value = 0;
    for (int i = 1; i < r->given; i++, ++*value)
        ((uint32_t *)(uintptr_t)args[0])[i - 1] = (uint32_t)args[i];
    return DONE;
}

static int verb_bytes(struct run *r, const int64_t *args, int64_t *value)
{
    (void)value;
    put_bytes(r, (const char *)(uintptr_t)args[0], (size_t)args[1]);
    return DONE;
}

static int verb_word(struct run *r, const int64_t *args, int64_t *value)
{
    (void)r;
    *value = words_of((const char *)(uintptr_t)args[0])[args[1]];
    return DONE;
}

/* part(message, word) -> the text of a pair */
static int verb_part(struct run *r, const int64_t *args, int64_t *value)
{
    const char *message = (const char *)(uintptr_t)args[0];
    const uint32_t *pair = words_of(message) + args[1];
    (void)value;
    put_bytes(r, message + pair[0], pair[1]);
    return DONE;
}

static int put_field(struct run *r, const int64_t *args, int at)
{
    char name[64];
    uint32_t len = 0;
    snprintf(name, sizeof name, "%.*s", (int)args[2], (const char *)(uintptr_t)args[1]);
    const char *found = field((const char *)(uintptr_t)args[0], at, name, &len);
    if (found)
        put_bytes(r, found, len);
    else
        put_text(r, "none");
    return DONE;
}

/* field(message, name, len) -> the value in a request message, or none */
static int verb_field(struct run *r, const int64_t *args, int64_t *value)
{
    (void)value;
    return put_field(r, args, MOCKET_ABI_REQ_FIELD_COUNT);
}

/* field_of(head, name, len) -> the value in a head, or none */
static int verb_field_of(struct run *r, const int64_t *args, int64_t *value)
{
    (void)value;
    return put_field(r, args, MOCKET_ABI_HEAD_FIELD_COUNT);
}

static int verb_set(struct run *r, const int64_t *args, int64_t *value)
{
    (void)r;
    *value = args[0];
    return DONE;
}

static int verb_code(struct run *r, const int64_t *args, int64_t *value)
{
    (void)args;
    *value = r->code;
    return DONE;
}

static int verb_keep(struct run *r, const int64_t *args, int64_t *value)
{
    (void)r;
    *value = kept[args[0] & (KEPT - 1)] = args[1];
    return DONE;
}

static int verb_kept(struct run *r, const int64_t *args, int64_t *value)
{
    (void)r;
    *value = kept[args[0] & (KEPT - 1)];
    return DONE;
}

static int verb_mark(struct run *r, const int64_t *args, int64_t *value)
{
    (void)r, (void)args;
    marked = 1;
    *value = 0;
    return DONE;
}

#define BOOK(name)                                                                                                     \
    static int verb_##name(struct run *r, const int64_t *args, int64_t *value)                                         \
    {                                                                                                                  \
        (void)r, (void)args;                                                                                           \
        *value = name;                                                                                                 \
        return DONE;                                                                                                   \
    }
BOOK(marked)
BOOK(handled)
BOOK(section)
BOOK(gone)
BOOK(strays)
BOOK(stray_result)

static int verb_forget(struct run *r, const int64_t *args, int64_t *value)
{
    (void)r, (void)args;
    gone = strays = stray_result = 0;
    *value = 0;
    return DONE;
}

/* What the next call of mocket_alloc does: 1 no room, 2 an address outside, 3 a misaligned one, 4 a trap, 5 await;
 * negative: all calls that follow. */
static int verb_alloc(struct run *r, const int64_t *args, int64_t *value)
{
    (void)r;
    *value = alloc_mode = (int)args[0];
    return DONE;
}

static int verb_libc_sleep(struct run *r, const int64_t *args, int64_t *value)
{
    (void)r;
    *value = usleep((unsigned)args[0] * 1000) == 0 ? 0 : errno;
    return DONE;
}

static int verb_print(struct run *r, const int64_t *args, int64_t *value)
{
    (void)r;
    *value = printf("%.*s\n", (int)args[1], (const char *)(uintptr_t)args[0]);
    return DONE;
}

static const struct {
    const char *name;
    int (*run)(struct run *r, const int64_t *args, int64_t *value);
    bool text; /* it has put a text in the place of its value */
} verbs[] = {
    { "await", verb_await, false },
    { "pour", verb_pour, false },
    { "drain", verb_drain, false },
    { "take", verb_take, false },
    { "trap", verb_trap, false },
    { "loop", verb_loop, false },
    { "deep", verb_deep, false },
    { "exit", verb_exit, false },
    { "flush", verb_flush, true },
    { "work", verb_work, false },
    { "grow", verb_grow, false },
    { "put", verb_put, false },
    { "fill", verb_fill, false },
    { "words", verb_words, false },
    { "bytes", verb_bytes, true },
    { "word", verb_word, false },
    { "part", verb_part, true },
    { "field", verb_field, true },
    { "field_of", verb_field_of, true },
    { "set", verb_set, false },
    { "code", verb_code, false },
    { "keep", verb_keep, false },
    { "kept", verb_kept, false },
    { "mark", verb_mark, false },
    { "marked", verb_marked, false },
    { "handled", verb_handled, false },
    { "section", verb_section, false },
    { "gone", verb_gone, false },
    { "strays", verb_strays, false },
    { "stray_result", verb_stray_result, false },
    { "forget", verb_forget, false },
    { "alloc", verb_alloc, false },
    { "libc_sleep", verb_libc_sleep, false },
    { "print", verb_print, false },
};

/* ---- Running ---- */

static struct sock *sock_of(int ws)
{
    struct sock *s = socks;
    while (s && s->ws != ws)
        s = s->next;
    return s;
}

/* DONE or WAITS; *text: the verb has put a text. */
static int perform(struct run *r, const char *verb, const int64_t *args, int count, int64_t *value)
{
    bool waits_itself = strcmp(verb, "await") == 0;
    if (!waits_itself && call(verb, args, count, value)) {
        if (strcmp(verb, "ws_accept") == 0 && *value > 0) {
            struct sock *s = calloc(1, sizeof *s);
            s->ws = r->ws = (int)*value;
            memcpy(s->tag, r->tag, sizeof s->tag);
            s->next = socks;
            socks = s;
        }
        put_number(r, *value);
        return DONE;
    }
    r->given = count;
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (strcmp(verbs[i].name, verb) == 0) {
            if (verbs[i].run(r, args, value) == WAITS)
                return WAITS;
            if (!verbs[i].text)
                put_number(r, *value);
            return DONE;
        }
    __builtin_trap(); /* a fault of the case */
}

/* repeat N verb ...: until it fails; the number of calls that did not. */
static void repeat(struct run *r, int64_t most, const char *verb, const int64_t *args, int count)
{
    int64_t n = 0;
    for (r->code = 0; n < most; n++)
        if (!call(verb, args, count, &r->code) || r->code < 0)
            break;
    put_number(r, n);
}

/* on KIND LINE: at that event of the socket. */
static void keep_line(struct run *r, const char *line)
{
    struct sock *s = sock_of(r->ws);
    int kind = line[3] - '0';
    if (s && kind >= 0 && kind < KINDS)
        snprintf(s->on[kind] + strlen(s->on[kind]), sizeof s->on[kind] - strlen(s->on[kind]), "%s;", line + 5);
}

static int run_line(struct run *r, char *line)
{
    int64_t args[12], value = 0;
    char *words[16], *name = NULL, *rest = NULL;
    int count = 0;
    if (strncmp(line, "on ", 3) == 0) {
        keep_line(r, line);
        return DONE;
    }
    for (char *word = strtok_r(line, " ", &rest); word && count < 16; word = strtok_r(NULL, " ", &rest))
        words[count++] = word;
    if (strchr(words[0], '=')) {
        name = words[0];
        words[0] = strchr(name, '=');
        *words[0]++ = '\0';
    }
    bool again = strcmp(words[0], "repeat") == 0;
    int verb = again ? 2 : 0;
    for (int i = verb + 1; i < count; i++)
        args[i - verb - 1] = value_of(r, words[i]);
    if (again)
        repeat(r, strtoll(words[1], NULL, 0), words[2], args, count - 3);
    else if (perform(r, words[verb], args, count - 1, &value) == WAITS)
        return WAITS;
    if (name)
        *var(r, name, true) = value;
    return DONE;
}

static void end(struct run *r)
{
    flush(r);
    while (r->hex_count > 0)
        free(r->hex[--r->hex_count]);
    free(r->message);
    free(r->script);
    free(r);
}

/* Runs on to the end, or to a line that waits: then it stays in the list. */
static void go_on(struct run *r)
{
    while (*r->at) {
        size_t len = strcspn(r->at, ";");
        char *own = malloc(len + 1); /* in direct style another run may come while this one waits */
        memcpy(own, r->at, len);
        own[len] = '\0';
        int rc = len ? run_line(r, own) : DONE;
        free(own);
        if (rc == WAITS) {
            flush(r);
            r->resumed = false;
            r->next = runs;
            runs = r;
            return;
        }
        r->resumed = r->begun = false;
        r->at += len + (r->at[len] == ';');
    }
    end(r);
}

static void begin(const char *script, size_t len, struct run with)
{
    struct run *r = malloc(sizeof *r);
    *r = with;
    r->script = r->at = malloc(len + 1);
    memcpy(r->script, script, len);
    r->script[len] = '\0';
    if (r->script[0] == '@') {
        size_t tag = strcspn(r->script, ";");
        snprintf(r->tag, sizeof r->tag, "%.*s", (int)tag - 1, r->script + 1);
        r->at += tag + (r->script[tag] == ';');
    }
    go_on(r);
}

/* ---- Exports ---- */

/* The entry rule: no export runs or is suspended when another one is called. */
static void enter(void)
{
    if (inside++)
        __builtin_trap();
}

EXPORT("mocket_start") void start(void)
{
    enter();
    for (size_t i = 0; i < sizeof pattern; i++)
        pattern[i] = (char)('a' + i % 26);
    char script[sizeof start_script];
    for (size_t i = 0; i < sizeof script; i++)
        script[i] = start_script[i];
    begin(script, strlen(script), (struct run){ 0 });
    inside--;
}

EXPORT("mocket_alloc") void *alloc(uint32_t len)
{
    int mode = alloc_mode < 0 ? -alloc_mode : alloc_mode;
    if (inside || len == 0)
        __builtin_trap();
    if (alloc_mode > 0)
        alloc_mode = 0;
    switch (mode) {
    case 1:
        return NULL;
    case 2:
        return (void *)0xfffffff8u;
    case 3:
        return (char *)malloc(len + 8) + 1;
    case 4:
        __builtin_trap();
#ifndef EVENTS
    case 5: /* await may not be called here */
        do_await(do_sleep(0, 1));
        return NULL;
#endif
    default:
        return malloc(len);
    }
}

EXPORT("mocket_handle") void handle(int req, char *message, uint32_t len)
{
    uint32_t script_len = 0;
    const char *script;
    enter();
    handled++;
    if (words_of(message)[MOCKET_ABI_REQ_FLAGS] & MOCKET_ABI_ON_DEMAND) {
        do_fields(req, room, sizeof room);
        script = field(room, MOCKET_ABI_REQ_FIELD_COUNT, "x-do", &script_len);
    } else
        script = field(message, MOCKET_ABI_REQ_FIELD_COUNT, "x-do", &script_len);
    (void)len;
    if (script)
        begin(script, script_len, (struct run){ .req = req, .message = message });
    else {
        answer(req, 200, "hello");
        free(message);
    }
    last_req = req;
    inside--;
}

/* What a start section may call, if modules.py makes one of it. Constructors have not run: no malloc. Each import that
 * does what it must is a bit. */
EXPORT("at_start_section") void at_start_section(void)
{
    static const char line[] = "abi section ran\n";
    static unsigned char bytes[32];
    struct timespec now = { 0, 0 };
    do_log(MOCKET_LOG_INFO, line, sizeof line - 2);
    do_random(bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[0] |= bytes[i];
    section |= bytes[0] != 0;
    section |= (do_now(MOCKET_ABI_WALL) > 0) << 1;
    section |= (do_option(MOCKET_ABI_OPTION_MINOR, 0) == MOCKET_ABI_MINOR) << 2;
    section |= (clock_gettime(CLOCK_REALTIME, &now) == 0 && now.tv_sec > 0) << 3;
    section |= (write(1, line, sizeof line - 1) == sizeof line - 1) << 4;
}

static void tell(const struct sock *s, int kind, const char *data, uint32_t len)
{
    char text[200];
    if (kind == MOCKET_WS_CLOSED && len >= 2)
        snprintf(text, sizeof text, "event %d %d %.*s", kind, (unsigned char)data[0] | (unsigned char)data[1] << 8,
                 (int)len - 2, data + 2);
    else
        snprintf(text, sizeof text, "event %d %.*s", kind, (int)(len < 60 ? len : 60), data);
    say(s ? s->tag : "nobody", text);
}

EXPORT("mocket_ws") void on_event(int ws, int kind, char *data, uint32_t len)
{
    struct sock *s = sock_of(ws);
    enter();
    bool is_script = kind == MOCKET_WS_TEXT && len > 0 && data[0] == '@';
    if (!is_script)
        tell(s, kind, data, len);
    if (is_script)
        begin(data, len, (struct run){ .ws = ws });
    else if (s && kind >= 0 && kind < KINDS && s->on[kind][0]) {
        struct run with = { .ws = ws };
        snprintf(with.tag, sizeof with.tag, "%s-on%d", s->tag, kind);
        begin(s->on[kind], strlen(s->on[kind]), with);
    }
    if (len > 0)
        free(data);
    inside--;
}

#ifdef EVENTS
EXPORT("mocket_done") void done(int op, int result)
{
    struct run **at = &runs;
    enter();
    while (*at && (*at)->waiting != op)
        at = &(*at)->next;
    if (*at) {
        struct run *r = *at;
        *at = r->next;
        r->waiting = 0;
        r->resumed = true;
        r->ended = result;
        go_on(r);
    } else {
        unsigned at_stray = stray_count++ % STRAYS;
        stray_ops[at_stray].number = op;
        stray_ops[at_stray].result = result;
        strays++;
        stray_result = result;
    }
    inside--;
}

EXPORT("mocket_gone") void left(int req)
{
    enter();
    (void)req;
    gone++;
    inside--;
}
#else
/* Not to be called in direct style. */
EXPORT("mocket_done") void done(int op, int result)
{
    (void)op, (void)result;
    __builtin_trap();
}

EXPORT("mocket_gone") void left(int req)
{
    (void)req;
    __builtin_trap();
}
#endif
