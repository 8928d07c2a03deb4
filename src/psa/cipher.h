/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AES-128 in ECB, CBC (without padding and with PKCS#7) and CTR (NIST SP 800-38A), block by block on the chip. Statuses
 * and the driver's last_error as in psa/operations.h, and those of the PSA functions: PSA_ERROR_NOT_SUPPORTED for
 * another algorithm, PSA_ERROR_INVALID_ARGUMENT for a length that the mode does not have, PSA_ERROR_BUFFER_TOO_SMALL
 * before anything is sent, PSA_ERROR_INVALID_PADDING. After a failure `output` has len 0, and what it holds is not to
 * be used.
 */
#ifndef IMPRINT_PSA_CIPHER_H
#define IMPRINT_PSA_CIPHER_H

#include <psa/crypto.h>

#include "psa/driver.h"

/* `iv`: 16 bytes, none for ECB. `output` must be empty. */
psa_status_t driver_cipher_encrypt(struct driver *driver, uint8_t slot, psa_algorithm_t algorithm, struct bytes iv,
                                   struct bytes input, struct bytes_out *output);

/* `input` begins with the IV, but for ECB. */
psa_status_t driver_cipher_decrypt(struct driver *driver, uint8_t slot, psa_algorithm_t algorithm, struct bytes input,
                                   struct bytes_out *output);

#endif
