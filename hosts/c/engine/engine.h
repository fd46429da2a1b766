/* The interface to a WebAssembly engine, independent of the engine: open it, compile a module, link it to the functions
 * that it may import, make instances, call their exports, access their memory. Each engine implements it in one file.
 *
 * THREADS   An engine and a linked module may be used by any thread. An instance belongs to one thread at a time.
 * TYPES     A function type is text: parameters, a colon, results. i i32, I i64, f f32, F f64, v v128, r a reference.
 *           "iiI:i" takes two i32 and an i64 and returns an i32.
 * TRUST     The caller of engine_call has compared the export's type once, when the module was opened. Calls check
 *           nothing.
 * PROBLEMS  Functions that fail append the reason as text to *why. */
#ifndef MOCKET_HOSTS_C_ENGINE_ENGINE_H
#define MOCKET_HOSTS_C_ENGINE_ENGINE_H

#include "../../../src/base/buf.h"

struct engine;
struct engine_module;
struct engine_instance;

/* ---- The engine: one per process ---- */
struct engine_opts {
    uint32_t instances;    /* that must be able to live at once */
    uint32_t least;        /* with fewer engine_open fails */
    uint64_t memory_bytes; /* linear memory and heap of one instance, at most */
    size_t keep_resident;  /* bytes of a memory that are cleared by hand instead of given back; 0: the default */
    bool keep_all_pages;   /* do not ask the kernel which pages were written (to measure the difference) */
    bool no_gc;            /* refuse modules that use garbage-collected types (to measure the difference) */
};

/* 0 or MOCKET_ELIMIT (the machine has no room for opts->least). Installs the process's handlers for SIGSEGV, SIGILL,
 * SIGFPE. */
int engine_open(const struct engine_opts *opts, struct engine **out, struct mocket_buf *why);

/* What compiled code depends on besides the module, the engine's version and the processor. */
struct engine_settings {
    uint64_t reservation, guard; /* bytes of address space of a memory, and behind it */
    uint64_t heap;               /* bytes that a GC heap begins with */
    bool no_gc;
};
struct engine_settings engine_settings_of(const struct engine *engine);
/* An engine that compiles for another one with these settings, and makes no instances. 0 or MOCKET_ENOMEM. */
int engine_open_compiler(const struct engine_settings *settings, struct engine **out);
void engine_close(struct engine *engine); /* after its modules; NULL is fine */
/* How many instances may live at once; at most opts.instances. */
uint32_t engine_room(const struct engine *engine);
/* "Wasmtime 48.0.8" */
const char *engine_name(void);

/* Appends the settings as text. */
void engine_describe(const struct engine *engine, struct mocket_buf *out);

/* Deadlines are counted in ticks. The host calls engine_tick every ENGINE_TICK_MS while guests run, from any thread. */
#define ENGINE_TICK_MS 10
void engine_tick(struct engine *engine);

/* ---- Functions for guests ---- */
/* An argument or a result. Results begin at slot 0 again. */
union engine_slot {
    int32_t i32;
    uint32_t u32;
    int64_t i64;
    uint64_t u64;
    double f64;
    uint64_t words[2];
};

/* Returns NULL, or a reason to trap the guest with. data is the instance's. */
typedef const char *engine_function(void *data, union engine_slot *slots);

/* What a function that may wait returns instead: the guest is suspended, and the function is called again, with the
 * same arguments, each time the guest is resumed. */
extern const char engine_wait[];

struct engine_import {
    const char *module;
    const char *name;
    const char *type; /* with ENGINE_MAY_WAIT before it: it may return engine_wait; i32 only, at most four parameters */
    engine_function *fn;
};
#define ENGINE_MAY_WAIT "~"

static inline bool engine_import_waits(const struct engine_import *row)
{
    return row->type[0] == '~';
}

/* Its type without that. */
static inline const char *engine_import_type(const struct engine_import *row)
{
    return row->type + engine_import_waits(row);
}

/* ---- A module ---- */
enum engine_kind { ENGINE_FUNCTION, ENGINE_MEMORY, ENGINE_TABLE, ENGINE_GLOBAL, ENGINE_OTHER };

struct engine_symbol {
    mocket_span module; /* imports only */
    mocket_span name;
    enum engine_kind kind;
    const char *type; /* of a function; of a memory "32", "64" or "shared"; else "" */
};

struct engine_symbols {
    const struct engine_symbol *rows;
    size_t count;
};

/* Compiles. 0, MOCKET_EINVAL (not a module this engine takes) or MOCKET_ENOMEM. The bytes may go afterwards. */
int engine_module_open(struct engine *engine, mocket_span bytes, struct engine_module **out, struct mocket_buf *why);
/* Appends the compiled module. 0 or MOCKET_ENOMEM. */
int engine_module_save(const struct engine_module *module, struct mocket_buf *out);
/* The way back: as engine_module_open, without compiling. The bytes are code that will run: they must be what
 * engine_module_save gave. MOCKET_EINVAL when another engine, or one with other settings, gave them. */
int engine_module_load(struct engine *engine, mocket_span compiled, struct engine_module **out, struct mocket_buf *why);
void engine_module_close(struct engine_module *module); /* after its instances; NULL is fine */
/* Are there no source lines for backtraces? Of a module that has DWARF: it cannot be read, or the lines take more than
 * ENGINE_LINES_MAX bytes. False for an engine that never has any (an official release archive of Wasmtime). */
#define ENGINE_LINES_MAX (16u << 20)
bool engine_module_no_lines(const struct engine_module *module);
struct engine_symbols engine_module_imports(const struct engine_module *module);
struct engine_symbols engine_module_exports(const struct engine_module *module);

/* Joins the module to its imports, once: rows[i] is for import i and has its type. exports: the names that engine_call
 * then knows by their index, at most ENGINE_EXPORTS. 0, MOCKET_EINVAL or MOCKET_ENOMEM. */
#define ENGINE_EXPORTS 12
struct engine_link {
    const struct engine_import *const *rows;
    const char *const *exports;
    size_t export_count;
    /* Asked before memory or heap of an instance grows by so many bytes, also while it is made: false refuses that. A
     * number below zero: they did not grow after all. data: the instance's. NULL, or an engine that cannot ask (an
     * official release archive of Wasmtime): never. */
    bool (*growing)(void *data, int64_t bytes);
};
int engine_module_link(struct engine_module *module, const struct engine_link *link, struct mocket_buf *why);

/* ---- An instance ---- */
enum engine_outcome {
    ENGINE_RETURNED,
    ENGINE_TRAPPED, /* *why has the reason and the guest's backtrace, a line each */
    ENGINE_EXPIRED, /* it passed its deadline, or was interrupted; *why has the backtrace */
    ENGINE_SLICED,  /* not done: its slice of time is over, engine_resume goes on */
    ENGINE_WAITING  /* not done: an import waits, engine_resume when it need not any more */
};

struct engine_start {
    void *data;           /* for the functions it imports */
    uint64_t deadline_ms; /* for what runs while it is made; 0: none */
};

/* MOCKET_ELIMIT: engine_room reached, or its memory does not fit the limit; MOCKET_EIO: its own start section failed;
 * MOCKET_ENOMEM. *out is set before anything runs in the guest, and NULL again after a failure. */
int engine_instance_open(struct engine_module *module, const struct engine_start *start, struct engine_instance **out,
                         struct mocket_buf *why);
/* A begun call is unwound. Not from below its own call; NULL is fine. */
void engine_instance_close(struct engine_instance *instance);

/* The time that the instance may run from now, rounded up to ticks; 0: for ever. */
void engine_deadline(struct engine_instance *instance, uint64_t ms);

/* Calls an export by its index in engine_link. count: the larger of its numbers of parameters and results. */
enum engine_outcome engine_call(struct engine_instance *instance, size_t export, union engine_slot *slots, size_t count,
                                struct mocket_buf *why);

/* ---- The same on a stack of the engine's own, in slices of about a tick ----
 * A module that imports a function that waits can be run in no other way (engine_module_waits); with others an instance
 * may be called in both ways by turns. One call at a time: until a begun one has ended, with any outcome but
 * ENGINE_SLICED and ENGINE_WAITING, nothing else may be called. */
bool engine_module_waits(const struct engine_module *module);

/* As engine_instance_open; what runs while it is made runs by engine_resume. MOCKET_ENOMEM. */
int engine_instance_begin(struct engine_module *module, void *data, struct engine_instance **out);
/* Prepares a call; engine_resume runs it. slots: the arguments; i32 only. False when there is no such export. */
bool engine_call_begin(struct engine_instance *instance, size_t export, const union engine_slot *slots);
enum engine_outcome engine_resume(struct engine_instance *instance, struct mocket_buf *why);
/* Of the last call that returned. */
int32_t engine_result(const struct engine_instance *instance);
/* Ends a call in slices: engine_resume will answer ENGINE_EXPIRED a tick later. Without effect on one that waits. */
void engine_interrupt(struct engine_instance *instance);

/* The exported memory as it is now: ask again after anything that ran in the guest. */
struct engine_memory {
    unsigned char *base;
    size_t size;
};
struct engine_memory engine_memory_of(const struct engine_instance *instance);

/* Bytes that it takes: its memory, and its heap of garbage-collected objects. Together they stay within memory_bytes.
 * An engine that does not tell (an official release archive of Wasmtime) has heap 0, and the limit holds for each. */
struct engine_use {
    uint64_t memory, heap;
};
struct engine_use engine_use_of(const struct engine_instance *instance);

/* Was there a collection of that heap since this answered true, or was first called? While a call is under way: false,
 * it is told afterwards. */
bool engine_collected(struct engine_instance *instance);

#endif
