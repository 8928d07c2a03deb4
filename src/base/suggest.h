/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the known word nearest to a mistyped one, for "did you mean ...?". Case is ignored. */
#ifndef IMPRINT_BASE_SUGGEST_H
#define IMPRINT_BASE_SUGGEST_H

#include <stddef.h>

/* The best suggestion so far. Zero-initialised: none. */
struct suggestion {
    const char *word; /* one of the words given to suggest_consider(); NULL: none is near enough */
    size_t distance;
};

/*
 * Offers `known`, which must outlive the suggestion, for the `typed_len` letters at `typed`. It becomes the suggestion
 * if it is nearer than the one before and near enough: up to one edit in a known word of five letters, two in one of
 * eight, three in a longer one. The first three or more letters of a word count as one edit.
 */
void suggest_consider(struct suggestion *best, const char *typed, size_t typed_len, const char *known);

/*
 * How many letters must be added, left out, changed or swapped with a neighbour to make `b` of the `a_len` letters at
 * `a`. SIZE_MAX when one is longer than 31 letters.
 */
size_t suggest_distance(const char *a, size_t a_len, const char *b);

#endif
