/* SPDX-License-Identifier: Apache-2.0 */
/* Maps a storage status to a PSA status: one table for PSA ITS and the driver. */
#ifndef IMPRINT_PSA_STORAGE_STATUS_H
#define IMPRINT_PSA_STORAGE_STATUS_H

#include <psa/crypto.h>

#include "storage/storage.h"

/* PSA_ERROR_GENERIC_ERROR for a value outside the enum. docs/reference/psa-keys.md has the table. */
psa_status_t driver_status_of_storage(enum storage_status status);

#endif
