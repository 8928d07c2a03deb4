/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Explains to the user a system call that failed while a store was opened: one table for all stores in a file system.
 */
#ifndef IMPRINT_STORAGE_OPEN_ERROR_H
#define IMPRINT_STORAGE_OPEN_ERROR_H

#include "base/error.h"

/* What kind of path the user gave. One bit each. */
enum open_error_of {
    OPEN_ERROR_OF_DIRECTORY = 1, /* of records in files */
    OPEN_ERROR_OF_IMAGE = 2,     /* a file with a flash's content */
};

/* Sets cause and advice for `error`, an errno value. Always returns false, so that callers can return its result. */
bool open_error_refuse(struct error *err, enum open_error_of what, int error);

#endif
