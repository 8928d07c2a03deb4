/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Message layouts: ATECC608B-TNGTLS data sheet, Nonce (5.1.4), GenDig (5.3.4) and Write (5.1.10); PrivWrite as in
 * Microchip's host-side model (cryptoauthlib lib/host/atca_host.c), which is checked against real parts.
 */
#include "chip/mac.h"

#include "bytes/order.h"
#include "chip/command.h"
#include "crypto/hash.h"

#include <string.h>

static const uint8_t zeros[32] = {0};

#define PIECES(array) (array), sizeof(array) / sizeof((array)[0])

bool chip_mac_nonce(const uint8_t rand_out[static 32], const uint8_t num_in[static CHIP_NUM_IN_BYTES],
                    uint8_t tempkey[static CHIP_TEMPKEY_BYTES])
{
    const uint8_t tail[3] = {chip_command_nonce.opcode, 0, 0};
    const struct bytes message[] = {
        bytes_of(rand_out, 32),
        bytes_of(num_in, CHIP_NUM_IN_BYTES),
        bytes_of(tail, sizeof(tail)),
    };

    return crypto_sha256(PIECES(message), tempkey);
}

/* opcode | param1 | param2 | SN[8] | SN[0:1], the seven bytes in the middle of each of these messages. */
static void middle_part(uint8_t middle[static 7], const struct chip_command *command, uint8_t param1, uint16_t param2,
                        const uint8_t serial[static CHIP_SERIAL_BYTES])
{
    middle[0] = command->opcode;
    middle[1] = param1;
    store16_le(middle + 2, param2);
    middle[4] = serial[8];
    middle[5] = serial[0];
    middle[6] = serial[1];
}

bool chip_mac_gendig(const uint8_t key[static 32], uint8_t slot, const uint8_t serial[static CHIP_SERIAL_BYTES],
                     uint8_t tempkey[static CHIP_TEMPKEY_BYTES])
{
    uint8_t middle[7];
    uint8_t digest[CRYPTO_SHA256_BYTES];
    const struct bytes message[] = {
        bytes_of(key, 32),
        bytes_of(middle, sizeof(middle)),
        bytes_of(zeros, 25),
        bytes_of(tempkey, CHIP_TEMPKEY_BYTES),
    };
    bool done;

    middle_part(middle, &chip_command_gendig, 0x02, slot, serial);
    done = crypto_sha256(PIECES(message), digest);
    memcpy(tempkey, digest, CHIP_TEMPKEY_BYTES);
    bytes_wipe(digest, sizeof(digest));
    return done;
}

/* `padding` zeros make the message up to 64 bytes before the plain text. */
static bool write_mac(const struct chip_command *command, size_t padding, const uint8_t tempkey[static 32],
                      uint8_t param1, uint16_t param2, const uint8_t serial[static CHIP_SERIAL_BYTES],
                      struct bytes plain, uint8_t mac[static CHIP_MAC_BYTES])
{
    uint8_t middle[7];
    const struct bytes message[] = {
        bytes_of(tempkey, CHIP_TEMPKEY_BYTES),
        bytes_of(middle, sizeof(middle)),
        bytes_of(zeros, padding),
        plain,
    };

    middle_part(middle, command, param1, param2, serial);
    return crypto_sha256(PIECES(message), mac);
}

static void xor_into(uint8_t *out, const uint8_t *a, const uint8_t *b, size_t len)
{
    for (size_t i = 0; i < len; i++)
        out[i] = a[i] ^ b[i];
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
        xor_into(cipher, plain, tempkey, 32);
        xor_into(cipher + 32, plain + 32, second_pad, CHIP_PRIVATE_BYTES - 32);
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
        xor_into(cipher, plain, tempkey, 32);
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
