/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a system call that failed while a store was opened means to the person in front of it: one table for all stores
 * that lie in a file system.
 */
#ifndef IMPRINT_STORAGE_OPEN_ERROR_H
#define IMPRINT_STORAGE_OPEN_ERROR_H

#include "base/error.h"

/* What the user has named. One bit each. */
enum open_error_of {
    OPEN_ERROR_OF_DIRECTORY = 1, /* of records in files */
    OPEN_ERROR_OF_IMAGE = 2,     /* a file with a flash's content */
};

/* Notes cause and advice for `error`, an errno value. Always false, for callers that return it. */
bool open_error_refuse(struct error *err, enum open_error_of what, int error);

#endif
