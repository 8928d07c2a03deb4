/* SPDX-License-Identifier: Apache-2.0 */
/* Text of an error that is put together from values. For stations: it needs the C library's printf, which boards lack.
 */
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
