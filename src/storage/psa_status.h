/* SPDX-License-Identifier: Apache-2.0 */
/* What a storage status is called in PSA: one table, for PSA ITS and for the driver. */
#ifndef IMPRINT_STORAGE_PSA_STATUS_H
#define IMPRINT_STORAGE_PSA_STATUS_H

#include <psa/crypto.h>

#include "storage/storage.h"

/* PSA_ERROR_GENERIC_ERROR for a value outside the enum. */
psa_status_t storage_psa_status(enum storage_status status);

#endif
