/* SPDX-License-Identifier: Apache-2.0 */
/* JSON values made from our types. */
#ifndef IMPRINT_STATION_VALUE_H
#define IMPRINT_STATION_VALUE_H

#include <jansson.h>

#include "base/bytes.h"
#include "base/error.h"

/* The bytes as hex digits in upper case: a new reference, which the caller owns. NULL without memory. */
json_t *value_hex(struct bytes data);

/*
 * Text that may not be UTF-8, such as a file name, as a JSON string: each byte that belongs to no character becomes
 * U+FFFD. JSON null for NULL. A new reference, which the caller owns. NULL without memory.
 */
json_t *value_text(const char *text);

/*
 * What is known of a failure, but for the serial number: reason, and the other facts where they apply. Its texts have
 * been filled in (chip/words.h). A new reference, which the caller owns. docs/reference/json.md has the fields.
 */
json_t *value_error(const struct error *err);

#endif
