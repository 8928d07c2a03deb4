/* SPDX-License-Identifier: Apache-2.0 */
/* Key agreement with a key in the chip. Apart from psa/operations.h, because few applications need it. */
#ifndef IMPRINT_PSA_AGREEMENT_H
#define IMPRINT_PSA_AGREEMENT_H

#include <psa/crypto.h>

#include "base/p256.h"
#include "psa/driver.h"

/*
 * ECDH of the private key in `slot` and the public key `peer` (65 bytes: 04, X and Y). `secret` gets the x coordinate
 * of the shared point; after a failure it is not to be used. PSA_ERROR_INVALID_ARGUMENT, before the chip is asked, for
 * a peer that is not a point of the curve. PSA_ERROR_NOT_PERMITTED where the slot or the chip's options keep the secret
 * inside, or give it only encrypted and there is no IO protection key: settings.io_key, else the store's, once the chip
 * has proven that it holds it. With such a key the secret is encrypted on the bus wherever the chip can do that; where
 * the store has a proven one, it never crosses in clear: PSA_ERROR_NOT_PERMITTED for a chip whose options say that none
 * is in use, and, proven or not, for another chip. Before this chip has proven the store's key, the secret is as
 * without a key. Otherwise as the operations of psa/operations.h.
 */
psa_status_t driver_agree(struct driver *driver, uint8_t slot, struct bytes peer, uint8_t secret[static P256_BYTES]);

#endif
