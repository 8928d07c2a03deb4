/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one place where statuses of the layers below become PSA's. Causes stay in `struct error`; this is only the number
 * that the PSA core hands to the application.
 */
#ifndef IMPRINT_DRIVER_STATUS_H
#define IMPRINT_DRIVER_STATUS_H

#include <psa/crypto.h>

#include "chip/chip.h"
#include "storage/storage.h"

/* PSA_ERROR_GENERIC_ERROR for a value outside the enum. docs/reference/psa-keys.md has both tables. */
psa_status_t driver_status_of_chip(enum chip_status status);
psa_status_t driver_status_of_storage(enum storage_status status);

#endif
