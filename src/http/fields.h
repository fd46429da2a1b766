/* Ordered name-value pairs: header lines, query, cookies, parameters. Rows live in an arena; the bytes are views
 * unless the function says that it copies. */
#ifndef MOCKET_HTTP_FIELDS_H
#define MOCKET_HTTP_FIELDS_H

#include <mocket.h>

#include "../base/arena.h"

struct mocket_field {
    mocket_span name;
    mocket_span value;
};

struct mocket_fields {
    struct mocket_field *rows;
    size_t count;
    size_t cap;
};

/* Appends a row; 0 or MOCKET_ENOMEM. */
int mocket__fields_add(struct mocket_fields *f, struct mocket_arena *a, mocket_span name, mocket_span value);
/* Removes every row of that name (ASCII case does not count), keeps the order of the rest. */
void mocket__fields_remove(struct mocket_fields *f, mocket_span name);
/* Returns the first row of that name at or after *at, without regard to case, and moves *at behind it. NULL if there is
 * none. */
const struct mocket_field *mocket__fields_next(const struct mocket_fields *f, mocket_span name, size_t *at);
/* Returns the value of a header. Repeated headers are joined with ", " (Cookie: "; ") in the arena. ptr NULL if
 * it is absent. The result ends with a NUL. */
mocket_span mocket__fields_join(const struct mocket_fields *f, struct mocket_arena *a, mocket_span name);

/* Returns the value of Content-Length; -1 if it is absent or not a number. */
int64_t mocket__fields_len(const struct mocket_fields *f);
/* Appends a Content-Length. 0 or MOCKET_ENOMEM. */
int mocket__fields_add_len(struct mocket_fields *f, struct mocket_arena *a, uint64_t len);

/* RFC 9110, section 5.6.2 and 5.5. */
bool mocket__is_token(mocket_span s);
size_t mocket__token_len(mocket_span s);    /* of the token that s begins with; 0: none */
bool mocket__is_field_value(mocket_span s); /* no CR, LF, NUL */
bool mocket__is_sent_value(mocket_span s);  /* allowed in sent headers and in forms: no control byte except TAB */
/* Splits `Name: value`, a line of a head, into views, without blanks around the value. Returns false if it is
 * malformed. */
bool mocket__field_of_line(mocket_span line, struct mocket_field *out);
/* Fields that belong to the connection and are never passed on (docs/abi.md, section 4). */
bool mocket__is_hop_by_hop(mocket_span name);
/* Removes every hop-by-hop row, keeps the order of the rest. Fields that Connection names stay. */
void mocket__fields_drop_hop_by_hop(struct mocket_fields *f);

#endif
