/* Words, ranges and rows: the parts of both messages of the guest ABI. Little-endian on every machine. */
#ifndef MOCKET_ABI_WORDS_H
#define MOCKET_ABI_WORDS_H

#include <mocket_abi.h>

#include "../http/fields.h"

/* Text is appended at `at`; pairs of words are written at the front. */
struct mocket_abi_writer {
    unsigned char *base;
    size_t at;
};

void mocket__abi_put_word(unsigned char *base, size_t index, uint32_t word);
/* Appends text and writes its (offset, length) at word index. */
void mocket__abi_put_text(struct mocket_abi_writer *w, size_t index, mocket_span text);
/* Writes the rows from word index on, and their text. */
void mocket__abi_put_rows(struct mocket_abi_writer *w, size_t index, const struct mocket_fields *fields,
                          bool lower_case);

/* Reads a word. The caller has checked that it lies inside bytes. */
uint32_t mocket__abi_word(mocket_span bytes, size_t index);
/* The range in words index and index + 1 as a view (never NULL); false when it does not fit. */
bool mocket__abi_range(mocket_span bytes, size_t index, mocket_span *out);
/* Reads the rows that words index (count) and index + 1 (offset) describe. Returns 0, MOCKET_EINVAL or
 * MOCKET_ENOMEM. */
int mocket__abi_rows(mocket_span bytes, size_t index, struct mocket_arena *a, struct mocket_fields *out);
/* Checks that names are tokens, that values are allowed, and that their sum is not larger than a head. Rows may share
 * bytes; each row counts with its full length. from_server: values may contain control bytes, as a server sends them
 * (mocket__is_field_value); guests may not send these (mocket__is_sent_value). */
bool mocket__abi_rows_are_valid(const struct mocket_fields *fields, bool from_server);

#endif
