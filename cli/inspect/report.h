/* What `mocket inspect` reports about a file, as one JSON value. The text for people is printed from the same value
 * (text.h).
 *
 *     file, form ("module", "component"), target ("app", a target of `mocket bundle`, or null), bytes, sha256
 *     note          why a file without a mark is not an app; absent for an app and a bundle
 *     abi           { version, minor }: of the mark; of an app, as far as its imports need it. null: unknown
 *     app           of a bundle: { bytes, sha256, inside }. inside: "whole" (these bytes lie in the component),
 *                   "start moved" (but for its start section, which became an export), "merged" (a part of the
 *                   module), "changed" (the component has no module with this hash)
 *     style         of an app, also inside a component: { waits, events, sockets, fetches, gc }
 *     memory        { initial, maximum } in bytes, maximum null without one; of the app inside. null: none
 *     imports       [ { module, name, kind } ]; of a component [ { name } ]
 *     exports       [ { name, kind } ]; of a component [ { name } ]
 *     sections      [ { name, bytes } ] in their order; a custom section has its own name too: custom
 *
 * Names in the file are escaped as in log lines: they are one line of printable UTF-8. */
#ifndef MOCKET_CLI_INSPECT_REPORT_H
#define MOCKET_CLI_INSPECT_REPORT_H

#include "../../src/base/arena.h"
#include "../../src/base/buf.h"

struct inspect_file {
    const char *name;   /* as the user gave it */
    const char *folder; /* target of the folder that the file lies in; NULL: none */
    mocket_span bytes;
};

/* 0 and *out in the arena. MOCKET_EINVAL: `why` says what cannot be read, and where. MOCKET_ENOMEM. */
int inspect_report(struct mocket_arena *arena, const struct inspect_file *file, mocket_value **out,
                   struct mocket_buf *why);

#endif
