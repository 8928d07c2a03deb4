/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host's side of the IO protection key, a secret that chip and host share against a hostile bus: results that come
 * encrypted (ECDH, KDF), the MAC with which Verify and SecureBoot prove their answer, and SecureBoot's encrypted
 * digest. Plain computation over one hash function; sends nothing, keeps nothing. All return false, with their outputs
 * wiped, only when the host's SHA-256 fails.
 */
#ifndef IMPRINT_CHIP_PROTECTION_H
#define IMPRINT_CHIP_PROTECTION_H

#include "chip/chip.h"

#define CHIP_OUT_NONCE_BYTES 32 /* follows the cipher text */

/*
 * The plain text of `len` bytes, 32 or 64, in place. `out_nonce` is what came behind them.
 */
bool chip_protection_decrypt(const uint8_t io_key[static 32], const uint8_t out_nonce[static CHIP_OUT_NONCE_BYTES],
                             uint8_t *data, size_t len);

/*
 * What Verify with a MAC answers for a good signature: `mode` and `param2` as sent, `message` the digest that was
 * verified, `system_nonce` the half of the message digest buffer that did not hold it.
 */
bool chip_protection_verify_mac(const uint8_t io_key[static 32], uint8_t mode, uint16_t param2,
                                const uint8_t message[static 32], const uint8_t system_nonce[static 32],
                                const uint8_t signature[static CHIP_SIGNATURE_BYTES], uint8_t mac[static 32]);

/*
 * SecureBoot with an encrypted digest. The key of one exchange follows from the IO protection key and TempKey; the
 * digest is encrypted with it, in place or not; the MAC covers the plain digest and the signature that was verified
 * (NULL: none was, a stored digest was compared). `mode` as sent.
 */
bool chip_protection_boot_key(const uint8_t io_key[static 32], const uint8_t tempkey[static 32],
                              uint8_t key[static 32]);
void chip_protection_boot_digest(const uint8_t key[static 32], const uint8_t digest[static CHIP_DIGEST_BYTES],
                                 uint8_t cipher[static CHIP_DIGEST_BYTES]);
bool chip_protection_boot_mac(const uint8_t key[static 32], uint8_t mode,
                              const uint8_t digest[static CHIP_DIGEST_BYTES], const uint8_t *signature,
                              uint8_t mac[static 32]);

#endif
