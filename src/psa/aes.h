/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Blocks of AES-128 with the key of a slot, for the modes of operation (psa/cipher.h, psa/gcm.h). Between
 * driver_aes_begin() and operation_end() the chip stays awake. All that comes in and goes out passes the bus in clear.
 */
#ifndef IMPRINT_PSA_AES_H
#define IMPRINT_PSA_AES_H

#include <psa/crypto.h>

#include "chip/operations_aes.h"
#include "psa/driver.h"

#define AES_BLOCK_BYTES CHIP_AES_BYTES

/* Whether the slot's key may be used. PSA_ERROR_NOT_PERMITTED with the rule in last_error. */
psa_status_t driver_aes_begin(struct driver *driver, uint8_t slot);

/* One block; `out` may be `in`. A key that counts its uses pays one for each block. */
psa_status_t driver_aes_encrypt(struct driver *driver, uint8_t slot, const uint8_t in[static AES_BLOCK_BYTES],
                                uint8_t out[static AES_BLOCK_BYTES]);
psa_status_t driver_aes_decrypt(struct driver *driver, uint8_t slot, const uint8_t in[static AES_BLOCK_BYTES],
                                uint8_t out[static AES_BLOCK_BYTES]);

/* x = x * h in GF(2^128), GCM's multiplication. No key takes part. */
psa_status_t driver_aes_multiply(struct driver *driver, uint8_t x[static AES_BLOCK_BYTES],
                                 const uint8_t h[static AES_BLOCK_BYTES]);

/* out = a ^ b, of `len` bytes; `out` may be one of them. */
void driver_aes_xor(uint8_t *out, const uint8_t *a, const uint8_t *b, size_t len);

#endif
