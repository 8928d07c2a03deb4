/* SPDX-License-Identifier: Apache-2.0 */
/* Exit codes and advice of the reasons, for the program. A board prints only a reason's name. */
#include "base/reason.h"

#include <stdint.h>

static const struct {
    uint8_t exit; /* an enum error_exit */
    const char *advice;
} rows[ERROR_REASON_COUNT] = {
#define REASON_ROW(reason, name, exit, advice) [reason] = {(exit), (advice)},
#include "base/reason_rows.inc"
};

static unsigned row_of(enum error_reason reason)
{
    return (unsigned)reason < ERROR_REASON_COUNT ? (unsigned)reason : ERROR_UNEXPECTED;
}

enum error_exit error_reason_exit(enum error_reason reason)
{
    return (enum error_exit)rows[row_of(reason)].exit;
}

const char *error_reason_advice(enum error_reason reason)
{
    return rows[row_of(reason)].advice;
}
