/* SPDX-License-Identifier: Apache-2.0 */
#include "base/reason.h"

#include <stddef.h>
#include <string.h>

static const char *const names[ERROR_REASON_COUNT] = {
#define REASON_ROW(reason, name, exit, advice) [reason] = (name),
#include "base/reason_rows.inc"
};

const char *error_reason_name(enum error_reason reason)
{
    return names[(unsigned)reason < ERROR_REASON_COUNT ? reason : ERROR_UNEXPECTED];
}

enum error_reason error_reason_named(const char *name)
{
    for (unsigned reason = 0; name != NULL && reason < ERROR_REASON_COUNT; reason++)
        if (strcmp(name, names[reason]) == 0)
            return (enum error_reason)reason;
    return ERROR_UNEXPECTED;
}
