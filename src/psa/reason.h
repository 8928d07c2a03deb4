/* SPDX-License-Identifier: Apache-2.0 */
/* What a status means with which the PSA core itself answered, and not the driver: one table for all programs. */
#ifndef IMPRINT_PSA_REASON_H
#define IMPRINT_PSA_REASON_H

#include <psa/crypto.h>

#include "base/error.h"

/* Notes reason, cause and advice for `status`; ERROR_PSA with a general cause for one that the table does not have. */
void reason_of_core(psa_status_t status, struct error *err);

#endif
