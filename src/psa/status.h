/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Maps a status of the chip layer to the PSA status that the application gets. The cause is in `struct error`. The
 * store's statuses are in psa/storage_status.h.
 */
#ifndef IMPRINT_PSA_STATUS_H
#define IMPRINT_PSA_STATUS_H

#include <psa/crypto.h>

#include "chip/chip.h"

/* PSA_ERROR_GENERIC_ERROR for a value outside the enum. docs/reference/psa-keys.md has the table. */
psa_status_t driver_status_of_chip(enum chip_status status);

#endif
