/* SPDX-License-Identifier: Apache-2.0 */
/* Distances, and which of the known words is suggested for a mistyped one. */
#include "base/suggest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *a, *b;
    size_t distance;
} distances[] = {
    {"", "", 0},
    {"", "abc", 3},
    {"abc", "", 3},
    {"virtual", "virtual", 0},
    {"VIRTual", "virtUAL", 0},
    {"virtul", "virtual", 1},
    {"virtuall", "virtual", 1},
    {"virtaul", "virtual", 1}, /* a swap is one edit */
    {"ab", "ba", 1},
    {"abcd", "badc", 2},
    {"kitten", "sitting", 3},
    {"sloth", "lot", 2},
    {"name", "bits", 4},
    {"ca", "abc", 3},
    {"0123456789012345678901234567890", "0123456789012345678901234567890", 0},
    {"01234567890123456789012345678901", "0", SIZE_MAX},
    {"0", "01234567890123456789012345678901", SIZE_MAX},
};

static void test_distance(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(distances) / sizeof(distances[0]); i++) {
        const char *a = distances[i].a, *b = distances[i].b;

        assert_int_equal(suggest_distance(a, strlen(a), b), distances[i].distance);
        assert_int_equal(suggest_distance(b, strlen(b), a), distances[i].distance);
    }
    assert_int_equal(suggest_distance("virtual=x", strlen("virtual"), "virtual"), 0);
}

static const char *const known[] = {"keys", "key", "provision", "virtual", "public-key", "new"};

static const struct {
    const char *typed, *suggested; /* NULL: none */
} rows[] = {
    {"kesy", "keys"},
    {"kex", "key"},
    {"help", NULL},
    {"KEYS", "keys"},
    {"prov", "provision"}, /* how it begins */
    {"pr", NULL},          /* too little to tell */
    {"provisoin", "provision"},
    {"prqvisoins", "provision"}, /* three edits in a long word */
    {"prqvixoins", NULL},        /* four */
    {"public_key", "public-key"},
    {"virtul", "virtual"},
    {"nwe", "new"},
    {"xyz", NULL},
    {"", NULL},
};

static void test_suggestions(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct suggestion best = {.word = NULL};

        for (size_t k = 0; k < sizeof(known) / sizeof(known[0]); k++)
            suggest_consider(&best, rows[i].typed, strlen(rows[i].typed), known[k]);
        if (rows[i].suggested == NULL)
            assert_null(best.word);
        else
            assert_string_equal(best.word, rows[i].suggested);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_distance), cmocka_unit_test(test_suggestions)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
