/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Message layouts: ATECC608B-TNGTLS data sheet, Write (5.1.10); PrivWrite as in Microchip's host-side model
 * (cryptoauthlib lib/host/atca_host.c), which is checked against real parts.
 */
#include "chip/mac.h"

#include "base/order.h"
#include "chip/digest.h"
#include "crypto/hash.h"

#include <string.h>

/* `padding` zeros make the message up to 64 bytes before the plain text. */
static bool write_mac(const struct chip_command *command, size_t padding, const uint8_t tempkey[static 32],
                      uint8_t param1, uint16_t param2, const uint8_t serial[static CHIP_SERIAL_BYTES],
                      struct bytes plain, uint8_t mac[static CHIP_MAC_BYTES])
{
    uint8_t middle[CHIP_MIDDLE_BYTES];
    const struct bytes message[] = {
        bytes_of(tempkey, CHIP_TEMPKEY_BYTES),
        bytes_of(middle, sizeof(middle)),
        bytes_of(chip_digest_zeros, padding),
        plain,
    };

    chip_digest_middle(middle, command, param1, param2, serial);
    return crypto_sha256(PIECES(message), mac);
}

bool chip_mac_privwrite(const uint8_t tempkey[static CHIP_TEMPKEY_BYTES], uint8_t param1, uint16_t param2,
                        const uint8_t serial[static CHIP_SERIAL_BYTES], const uint8_t plain[static CHIP_PRIVATE_BYTES],
                        uint8_t cipher[static CHIP_PRIVATE_BYTES], uint8_t mac[static CHIP_MAC_BYTES])
{
    uint8_t second_pad[CRYPTO_SHA256_BYTES];
    const struct bytes tempkey_alone[] = {bytes_of(tempkey, CHIP_TEMPKEY_BYTES)};
    bool done = write_mac(&chip_command_privwrite, 21, tempkey, param1, param2, serial,
                          bytes_of(plain, CHIP_PRIVATE_BYTES), mac) &&
                crypto_sha256(PIECES(tempkey_alone), second_pad);

    if (done) {
        chip_digest_xor(cipher, plain, tempkey, 32);
        chip_digest_xor(cipher + 32, plain + 32, second_pad, CHIP_PRIVATE_BYTES - 32);
    } else {
        bytes_wipe(cipher, CHIP_PRIVATE_BYTES);
        bytes_wipe(mac, CHIP_MAC_BYTES);
    }
    bytes_wipe(second_pad, sizeof(second_pad));
    return done;
}

bool chip_mac_write(const uint8_t tempkey[static CHIP_TEMPKEY_BYTES], uint8_t param1, uint16_t param2,
                    const uint8_t serial[static CHIP_SERIAL_BYTES], const uint8_t plain[static 32],
                    uint8_t cipher[static 32], uint8_t mac[static CHIP_MAC_BYTES])
{
    bool done = write_mac(&chip_command_write, 25, tempkey, param1, param2, serial, bytes_of(plain, 32), mac);

    if (done)
        chip_digest_xor(cipher, plain, tempkey, 32);
    else
        bytes_wipe(cipher, 32);
    return done;
}

bool chip_mac_num_in(const uint8_t key[static 32], struct bytes secret, uint16_t param2,
                     uint8_t num_in[static CHIP_NUM_IN_BYTES])
{
    static const char label[] = "imprint NumIn";
    uint8_t digest[CRYPTO_SHA256_BYTES];
    uint8_t target[2];
    const struct bytes message[] = {
        bytes_of(label, sizeof(label)),
        bytes_of(key, 32),
        bytes_of(target, sizeof(target)),
        secret,
    };
    bool done;

    store16_le(target, param2);
    done = crypto_sha256(PIECES(message), digest);
    memcpy(num_in, digest, CHIP_NUM_IN_BYTES);
    bytes_wipe(digest, sizeof(digest));
    return done;
}
