/* SPDX-License-Identifier: Apache-2.0 */
/* HMAC-SHA-256 with the secret of a slot. Statuses and the driver's last_error as in psa/operations.h. */
#ifndef IMPRINT_PSA_HMAC_H
#define IMPRINT_PSA_HMAC_H

#include <psa/crypto.h>

#include "psa/driver.h"

/* `message` of any length; all of it passes the bus. PSA_ERROR_NOT_PERMITTED where the slot is not for that. */
psa_status_t driver_hmac(struct driver *driver, uint8_t slot, struct bytes message,
                         uint8_t mac[static CHIP_DIGEST_BYTES]);

#endif
