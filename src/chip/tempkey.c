/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Message layouts: ATECC608B-TNGTLS data sheet, Nonce (5.1.4) and GenDig (5.3.4); where its tables differ from
 * Microchip's host-side model, which is checked against real parts (cryptoauthlib lib/host/atca_host.c), the model.
 */
#include "chip/tempkey.h"

#include "chip/digest.h"
#include "crypto/hash.h"

#include <string.h>

#define GENDIG_DATA 0x02
#define GENDIG_FILL_BYTES 25 /* zeros after key and middle part: 64 bytes in all before the old TempKey */

static bool replace(uint8_t tempkey[static CHIP_TEMPKEY_BYTES], const struct bytes *pieces, size_t count)
{
    uint8_t digest[CRYPTO_SHA256_BYTES];
    bool done = crypto_sha256(pieces, count, digest);

    memcpy(tempkey, digest, sizeof(digest));
    bytes_wipe(digest, sizeof(digest));
    return done;
}

bool chip_tempkey_nonce(uint8_t tempkey[static CHIP_TEMPKEY_BYTES], uint8_t mode, const uint8_t rand_out[static 32],
                        const uint8_t num_in[static CHIP_NUM_IN_BYTES])
{
    const uint8_t tail[3] = {chip_command_nonce.opcode, mode, 0}; /* the low byte of Param2 */
    const struct bytes message[] = {
        bytes_of(rand_out, 32),
        bytes_of(num_in, CHIP_NUM_IN_BYTES),
        bytes_of(tail, sizeof(tail)),
    };

    return replace(tempkey, PIECES(message));
}

bool chip_tempkey_gendig(uint8_t tempkey[static CHIP_TEMPKEY_BYTES], uint8_t slot, const uint8_t key[static 32],
                         const uint8_t serial[static CHIP_SERIAL_BYTES])
{
    uint8_t middle[CHIP_MIDDLE_BYTES];
    const struct bytes message[] = {
        bytes_of(key, 32),
        bytes_of(middle, sizeof(middle)),
        bytes_of(chip_digest_zeros, GENDIG_FILL_BYTES),
        bytes_of(tempkey, CHIP_TEMPKEY_BYTES),
    };

    chip_digest_middle(middle, &chip_command_gendig, GENDIG_DATA, slot, serial);
    return replace(tempkey, PIECES(message));
}
