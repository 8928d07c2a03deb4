/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ECDH and KDF output, Verify: ATECC608B-TNGTLS data sheet, 5.2.1, 5.2.5, 5.3.3; SecureBoot: ATECC608B-TFLXTLS data
 * sheet, 5.2.3. The data sheet's table of SecureBoot's MAC prints mode 86 in the column of FullCopy; Microchip's
 * host-side model hashes the mode that was sent, and so does this.
 */
#include "chip/protection.h"

#include "base/order.h"
#include "chip/digest.h"
#include "crypto/hash.h"

#define NONCE_PART 16 /* of OutNonce, for each 32 bytes of data */

bool chip_protection_decrypt(const uint8_t io_key[static 32], const uint8_t out_nonce[static CHIP_OUT_NONCE_BYTES],
                             uint8_t *data, size_t len)
{
    uint8_t pad[CRYPTO_SHA256_BYTES];
    bool done = true;

    for (size_t at = 0, part = 0; at < len && done; at += 32, part += NONCE_PART) {
        const struct bytes message[] = {bytes_of(io_key, 32), bytes_of(out_nonce + part, NONCE_PART)};

        done = crypto_sha256(PIECES(message), pad);
        chip_digest_xor(data + at, data + at, pad, 32);
    }
    if (!done)
        bytes_wipe(data, len);
    bytes_wipe(pad, sizeof(pad));
    return done;
}

/* opcode | mode | Param2 ends both kinds of MAC. */
static void mac_end(uint8_t end[static 4], const struct chip_command *command, uint8_t mode, uint16_t param2)
{
    end[0] = command->opcode;
    end[1] = mode;
    store16_le(end + 2, param2);
}

bool chip_protection_verify_mac(const uint8_t io_key[static 32], uint8_t mode, uint16_t param2,
                                const uint8_t message[static 32], const uint8_t system_nonce[static 32],
                                const uint8_t signature[static CHIP_SIGNATURE_BYTES], uint8_t mac[static 32])
{
    uint8_t end[4];
    const struct bytes pieces[] = {
        bytes_of(io_key, 32),       bytes_of(message, 32),
        bytes_of(system_nonce, 32), bytes_of(signature, CHIP_SIGNATURE_BYTES),
        bytes_of(end, sizeof(end)),
    };

    mac_end(end, &chip_command_verify, mode, param2);
    return crypto_sha256(PIECES(pieces), mac);
}

bool chip_protection_boot_key(const uint8_t io_key[static 32], const uint8_t tempkey[static 32], uint8_t key[static 32])
{
    const struct bytes message[] = {bytes_of(io_key, 32), bytes_of(tempkey, 32)};

    return crypto_sha256(PIECES(message), key);
}

void chip_protection_boot_digest(const uint8_t key[static 32], const uint8_t digest[static CHIP_DIGEST_BYTES],
                                 uint8_t cipher[static CHIP_DIGEST_BYTES])
{
    chip_digest_xor(cipher, digest, key, CHIP_DIGEST_BYTES);
}

bool chip_protection_boot_mac(const uint8_t key[static 32], uint8_t mode,
                              const uint8_t digest[static CHIP_DIGEST_BYTES], const uint8_t *signature,
                              uint8_t mac[static 32])
{
    uint8_t end[4];
    const struct bytes pieces[] = {
        bytes_of(key, 32),
        bytes_of(digest, CHIP_DIGEST_BYTES),
        bytes_of(signature, signature != NULL ? CHIP_SIGNATURE_BYTES : 0),
        bytes_of(end, sizeof(end)),
    };

    mac_end(end, &chip_command_secureboot, mode, 0);
    return crypto_sha256(PIECES(pieces), mac);
}
