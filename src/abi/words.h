/* Words, ranges and rows: what both messages of the guest ABI are made of. Little-endian, whatever the machine is. */
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

/* The word lies inside bytes: the caller has checked. */
uint32_t mocket__abi_word(mocket_span bytes, size_t index);
/* The range in words index and index + 1 as a view (never NULL); false when it does not fit. */
bool mocket__abi_range(mocket_span bytes, size_t index, mocket_span *out);
/* The rows that words index (count) and index + 1 (offset) tell of. 0, MOCKET_EINVAL or MOCKET_ENOMEM. */
int mocket__abi_rows(mocket_span bytes, size_t index, struct mocket_arena *a, struct mocket_fields *out);
/* Are the names tokens, can the values be values, and are they together no more than a head may have? Rows may share
 * bytes: what they come to, written out, counts. */
typedef bool mocket__abi_value_check(mocket_span value); /* mocket__is_sent_value, or mocket__is_field_value */
bool mocket__abi_rows_are_valid(const struct mocket_fields *fields, mocket__abi_value_check *is_value);

#endif
