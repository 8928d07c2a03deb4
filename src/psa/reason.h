/* SPDX-License-Identifier: Apache-2.0 */
/* Explains a status that comes from the PSA core itself and not from the driver: one table for all programs. */
#ifndef IMPRINT_PSA_REASON_H
#define IMPRINT_PSA_REASON_H

#include <psa/crypto.h>

#include "base/error.h"

/* Sets reason, cause and advice for `status`. A status that the table lacks gets ERROR_PSA with a general cause. */
void reason_of_core(psa_status_t status, struct error *err);

#endif
