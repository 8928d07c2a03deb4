/* SPDX-License-Identifier: Apache-2.0 */
/* Values of a record's JSON objects, of which nothing is believed: for verify_record.c. */
#ifndef IMPRINT_STATION_RECORD_VALUE_H
#define IMPRINT_STATION_RECORD_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

/* The member is text of exactly `len` bytes as hex digits without blanks, which `bytes` gets. */
bool record_value_bytes(const json_t *object, const char *name, uint8_t *bytes, size_t len);

/* The member if it is text; else NULL. */
const char *record_value_text(const json_t *object, const char *name);

/* The member if it is a number from 0 to `most`; else -1. */
json_int_t record_value_number(const json_t *object, const char *name, json_int_t most);

bool record_value_is_true(const json_t *object, const char *name);

/* Whether a list of texts has the word. */
bool record_value_has_word(const json_t *words, const char *word);

/* UTC as RFC 3339 writes it, in whole seconds: such texts compare as the times do. NULL is none. */
bool record_value_is_time(const char *text);

#endif
