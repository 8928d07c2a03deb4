/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AES-128-GCM (NIST SP 800-38D) with the key of a slot: the chip encrypts the counter blocks and multiplies. Statuses
 * and the driver's last_error as in psa/operations.h; PSA_ERROR_INVALID_ARGUMENT for a tag length that GCM does not
 * have (4, 8, 12 to 16 are right), PSA_ERROR_BUFFER_TOO_SMALL, PSA_ERROR_INVALID_SIGNATURE. After a failure `output`
 * has len 0.
 */
#ifndef IMPRINT_PSA_GCM_H
#define IMPRINT_PSA_GCM_H

#include <psa/crypto.h>

#include "psa/driver.h"

/* What both directions need. */
struct driver_gcm {
    psa_algorithm_t algorithm; /* PSA_ALG_GCM, perhaps with a shorter tag */
    struct bytes nonce;        /* any length but 0 */
    struct bytes additional;
};

/* The cipher text, then the tag. */
psa_status_t driver_gcm_encrypt(struct driver *driver, uint8_t slot, const struct driver_gcm *gcm, struct bytes plain,
                                struct bytes_out *output);

/* Nothing is decrypted before the tag has been found right. */
psa_status_t driver_gcm_decrypt(struct driver *driver, uint8_t slot, const struct driver_gcm *gcm, struct bytes cipher,
                                struct bytes_out *output);

#endif
