/* Escapes text of clients and guests to one printable line of UTF-8, for every log. So the text cannot forge a line,
 * hide or reorder text, or send commands to a terminal. */
#ifndef MOCKET_BASE_ESCAPE_H
#define MOCKET_BASE_ESCAPE_H

#include <mocket.h>

#define MOCKET_ESCAPE_MAX 4 /* bytes that one byte of the text may become */

#define MOCKET_LOG_LINE 4096  /* bytes of a line's text in every log, after escaping */
#define MOCKET_LOG_CUT " ..." /* behind a text that was longer */

/* A guest's lines: what a log accepts in a second. */
#define MOCKET_LOG_RATE 1000    /* lines */
#define MOCKET_LOG_KIB_RATE 128 /* KiB of them, after escaping; a line that is begun may go beyond */

struct mocket_escaped {
    size_t used; /* bytes read from the text */
    size_t len;  /* bytes written */
};

/* Writes as much of text as fits in room bytes, in whole characters. A printable character and the tab stay as they
 * are. A backslash becomes two. Each byte of anything else becomes \xHH: bytes that are not UTF-8, control characters,
 * format characters (Unicode's category Cf: bidirectional marks, zero-width characters, tags) and the separators of
 * lines and paragraphs (U+2028, U+2029). The original bytes can be recovered from the result. */
struct mocket_escaped mocket__escape(char *to, size_t room, mocket_span text);

/* Writes a code point below 0x110000 as UTF-8. Returns the number of bytes. A surrogate becomes three bytes that are
 * not UTF-8. */
size_t mocket__utf8_put(char to[4], uint32_t c);

#endif
