/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Message layouts: ATECC608B-TNGTLS data sheet, CheckMac (5.3.2), MAC (5.3.5) and Write (5.1.10); DeriveKey, HMAC and
 * PrivWrite as in Microchip's host-side model (cryptoauthlib lib/host/atca_host.c), which is checked against real
 * parts.
 */
#include "chip/mac.h"

#include "base/order.h"
#include "chip/digest.h"
#include "crypto/hmac.h"

#include <string.h>

/* ---- MAC, CheckMac, HMAC ---- */

/* What follows key and challenge: opcode, mode, Param2, 11 bytes of OTP, and the serial number in two orders. */
#define MAC_TAIL_BYTES 24
#define TAIL_OTP_AT 4
#define TAIL_SN8_AT 15
#define TAIL_SN4_AT 16
#define TAIL_SN0_AT 20
#define TAIL_SN2_AT 22

static void mac_tail(uint8_t tail[static MAC_TAIL_BYTES], const struct chip_command *command, uint8_t mode,
                     uint16_t slot, const uint8_t *otp, const uint8_t serial[static CHIP_SERIAL_BYTES])
{
    memset(tail, 0, MAC_TAIL_BYTES);
    tail[0] = command->opcode;
    tail[1] = mode;
    store16_le(tail + 2, slot);
    if (otp != NULL && (mode & (CHIP_MAC_OTP_11 | CHIP_MAC_OTP_8)) != 0)
        memcpy(tail + TAIL_OTP_AT, otp, (mode & CHIP_MAC_OTP_11) != 0 ? CHIP_MAC_OTP_BYTES : 8);
    tail[TAIL_SN8_AT] = serial[8];
    memcpy(tail + TAIL_SN0_AT, serial, 2);
    if ((mode & CHIP_MAC_SERIAL) != 0) {
        memcpy(tail + TAIL_SN4_AT, serial + 4, 4);
        memcpy(tail + TAIL_SN2_AT, serial + 2, 2);
    }
}

bool chip_mac_response(uint8_t mode, uint16_t slot, const uint8_t key[static 32], const uint8_t challenge[static 32],
                       const uint8_t *otp, const uint8_t serial[static CHIP_SERIAL_BYTES],
                       uint8_t mac[static CHIP_MAC_BYTES])
{
    uint8_t tail[MAC_TAIL_BYTES];
    const struct bytes message[] = {
        bytes_of(key, 32),
        bytes_of(challenge, 32),
        bytes_of(tail, sizeof(tail)),
    };

    mac_tail(tail, &chip_command_mac, mode, slot, otp, serial);
    return crypto_sha256(PIECES(message), mac);
}

void chip_mac_other_data(uint8_t mode, uint16_t slot, const uint8_t *otp,
                         const uint8_t serial[static CHIP_SERIAL_BYTES],
                         uint8_t other_data[static CHIP_OTHER_DATA_BYTES])
{
    uint8_t tail[MAC_TAIL_BYTES];

    mac_tail(tail, &chip_command_mac, mode, slot, otp, serial);
    memcpy(other_data, tail, 4);
    memcpy(other_data + 4, tail + TAIL_OTP_AT + 8, 3);
    memcpy(other_data + 7, tail + TAIL_SN4_AT, 4);
    memcpy(other_data + 11, tail + TAIL_SN2_AT, 2);
}

bool chip_mac_check(uint8_t mode, const uint8_t key[static 32], const uint8_t challenge[static 32],
                    const uint8_t other_data[static CHIP_OTHER_DATA_BYTES], const uint8_t *otp,
                    const uint8_t serial[static CHIP_SERIAL_BYTES], uint8_t response[static CHIP_MAC_BYTES])
{
    uint8_t tail[MAC_TAIL_BYTES] = {0};
    const struct bytes message[] = {
        bytes_of(key, 32),
        bytes_of(challenge, 32),
        bytes_of(tail, sizeof(tail)),
    };

    memcpy(tail, other_data, 4);
    if (otp != NULL && (mode & CHIP_MAC_OTP_8) != 0)
        memcpy(tail + TAIL_OTP_AT, otp, 8);
    memcpy(tail + TAIL_OTP_AT + 8, other_data + 4, 3);
    tail[TAIL_SN8_AT] = serial[8];
    memcpy(tail + TAIL_SN4_AT, other_data + 7, 4);
    memcpy(tail + TAIL_SN0_AT, serial, 2);
    memcpy(tail + TAIL_SN2_AT, other_data + 11, 2);
    return crypto_sha256(PIECES(message), response);
}

/* Over the message of a MAC whose first half is zeros. */
bool chip_mac_hmac(uint8_t mode, uint16_t slot, const uint8_t key[static 32],
                   const uint8_t tempkey[static CHIP_TEMPKEY_BYTES], const uint8_t serial[static CHIP_SERIAL_BYTES],
                   uint8_t mac[static CHIP_MAC_BYTES])
{
    uint8_t tail[MAC_TAIL_BYTES];
    const struct bytes message[] = {
        bytes_of(chip_digest_zeros, 32),
        bytes_of(tempkey, CHIP_TEMPKEY_BYTES),
        bytes_of(tail, sizeof(tail)),
    };

    mac_tail(tail, &chip_command_hmac, mode & (CHIP_MAC_FROM_HOST | CHIP_MAC_SERIAL), slot, NULL, serial);
    return crypto_hmac_sha256(bytes_of(key, 32), PIECES(message), mac);
}

/* ---- DeriveKey ---- */

bool chip_mac_derive(uint8_t mode, uint8_t slot, const uint8_t parent[static 32],
                     const uint8_t tempkey[static CHIP_TEMPKEY_BYTES], const uint8_t serial[static CHIP_SERIAL_BYTES],
                     uint8_t key[static 32])
{
    uint8_t middle[CHIP_MIDDLE_BYTES];
    uint8_t digest[CRYPTO_SHA256_BYTES];
    const struct bytes message[] = {
        bytes_of(parent, 32),
        bytes_of(middle, sizeof(middle)),
        bytes_of(chip_digest_zeros, 25),
        bytes_of(tempkey, CHIP_TEMPKEY_BYTES),
    };
    bool done;

    chip_digest_middle(middle, &chip_command_derivekey, mode, slot, serial);
    done = crypto_sha256(PIECES(message), digest);
    memcpy(key, digest, sizeof(digest));
    bytes_wipe(digest, sizeof(digest));
    return done;
}

bool chip_mac_derive_permission(uint8_t mode, uint8_t slot, const uint8_t write_key[static 32],
                                const uint8_t serial[static CHIP_SERIAL_BYTES], uint8_t mac[static CHIP_MAC_BYTES])
{
    uint8_t middle[CHIP_MIDDLE_BYTES];
    const struct bytes message[] = {bytes_of(write_key, 32), bytes_of(middle, sizeof(middle))};

    chip_digest_middle(middle, &chip_command_derivekey, mode, slot, serial);
    return crypto_sha256(PIECES(message), mac);
}

/* ---- encrypted transfers ---- */

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

void chip_mac_read(const uint8_t tempkey[static CHIP_TEMPKEY_BYTES], uint8_t block[static 32])
{
    chip_digest_xor(block, block, tempkey, 32);
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
