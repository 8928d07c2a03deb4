/* SPDX-License-Identifier: Apache-2.0 */
/* Optimal string alignment distance, row by row; three rows are enough for swaps. */
#include "base/suggest.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define WORD_MAX 31

static char lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t suggest_distance(const char *a, size_t a_len, const char *b)
{
    size_t rows[3][WORD_MAX + 1];
    size_t b_len = strlen(b);

    if (a_len > WORD_MAX || b_len > WORD_MAX)
        return SIZE_MAX;
    for (size_t j = 0; j <= b_len; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i + 2) % 3];
        const size_t *twice_above = rows[(i + 1) % 3];

        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            bool same = lower(a[i - 1]) == lower(b[j - 1]);

            row[j] = least(above[j - 1] + (same ? 0 : 1), least(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]))
                row[j] = least(row[j], twice_above[j - 2] + 1);
        }
    }
    return rows[a_len % 3][b_len];
}

static bool is_beginning(const char *typed, size_t typed_len, const char *known)
{
    for (size_t i = 0; i < typed_len; i++) {
        if (lower(typed[i]) != lower(known[i]))
            return false;
    }
    return typed_len >= 3;
}

void suggest_consider(struct suggestion *best, const char *typed, size_t typed_len, const char *known)
{
    size_t len = strlen(known);
    size_t limit = len <= 5 ? 1 : len <= 8 ? 2 : 3;
    size_t distance = suggest_distance(typed, typed_len, known);

    if (distance > 1 && is_beginning(typed, typed_len, known))
        distance = 1;
    if (distance <= limit && (best->word == NULL || distance < best->distance))
        *best = (struct suggestion){.word = known, .distance = distance};
}
