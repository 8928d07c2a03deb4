/* SPDX-License-Identifier: Apache-2.0 */
/* Text of an error, formatted from values. For stations only: boards have no printf(). */
#ifndef IMPRINT_BASE_ERROR_FORMAT_H
#define IMPRINT_BASE_ERROR_FORMAT_H

#include "base/error.h"

/*
 * Like error_keep(), with the text as printf() would write it:
 *
 *     error_set(err, ERROR_USAGE, error_keep_format(err, "no such verb: %s", word), NULL);
 *
 * At most 1,023 bytes; longer text ends in "...". NULL when the error has no room left.
 */
const char *error_keep_format(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
