/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words of the text form and the values they stand for: one table for reading, printing and checking. A profile
 * cannot contain a value that has no word here.
 */
#ifndef IMPRINT_PROFILE_WORDS_H
#define IMPRINT_PROFILE_WORDS_H

#include <stdint.h>

struct profile_word {
    const char *word; /* NULL ends a table */
    uint32_t value;
};

extern const struct profile_word profile_words_part[];          /* 1 << enum chip_part */
extern const struct profile_word profile_words_configuration[]; /* enum profile_configuration */
extern const struct profile_word profile_words_genuine[];       /* enum profile_genuine */
extern const struct profile_word profile_words_listed[];        /* enum profile_listed */
extern const struct profile_word profile_words_rehearsal[];     /* enum profile_rehearsal */
extern const struct profile_word profile_words_lock[];          /* enum profile_lock_step */
extern const struct profile_word profile_words_method[];        /* enum profile_method */
extern const struct profile_word profile_words_replace[];       /* enum profile_replace */
extern const struct profile_word profile_words_type[];          /* psa_key_type_t */
extern const struct profile_word profile_words_algorithm[];     /* psa_algorithm_t */
extern const struct profile_word profile_words_usage[];         /* one PSA_KEY_USAGE_ flag each */
extern const struct profile_word profile_words_kind[];          /* enum profile_kind */
extern const struct profile_word profile_words_extension[];     /* enum cert_extension */
extern const struct profile_word profile_words_datum[];         /* enum profile_datum_type */
extern const struct profile_word profile_words_secret[];        /* psa_algorithm_t of a secret */
extern const struct profile_word profile_words_prove[];         /* enum profile_proof */

/* Lock steps as bits, as `lock:` lists them. */
enum profile_lock_step { PROFILE_LOCK_CONFIG = 1 << 0, PROFILE_LOCK_DATA = 1 << 1 };

/* The word for `value`, or NULL when the table has none. */
const char *profile_word_of(const struct profile_word *words, uint32_t value);

/* All values of a table of bits or flags, ORed. */
uint32_t profile_words_mask(const struct profile_word *words);

#endif
