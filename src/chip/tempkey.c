/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Message layouts: ATECC608B-TNGTLS data sheet, Nonce (5.1.4), GenKey (5.2.2), GenDig (5.3.4); where its tables differ
 * from Microchip's host-side model, which is checked against real parts (cryptoauthlib lib/host/atca_host.c), the
 * model.
 */
#include "chip/tempkey.h"

#include "base/order.h"
#include "chip/digest.h"
#include "crypto/hash.h"

#include <string.h>

#define DIG_CONFIG 0x00
#define DIG_OTP 0x01
#define DIG_DATA 0x02
#define DIG_NONCE 0x03
#define DIG_COUNTER 0x04
#define DIG_POLICY 0x05

#define FILL_BYTES 25 /* behind the middle part, which makes 64 bytes with what stands before */

#define FLAG_SOURCE 0x10
#define FLAG_GENDIG 0x20
#define FLAG_GENKEY 0x40
#define FLAG_NO_MAC 0x80

/* TempKey becomes the digest of the pieces. */
static bool digest_into(struct chip_tempkey *tempkey, const struct bytes *pieces, size_t count)
{
    uint8_t digest[CRYPTO_SHA256_BYTES];
    bool done = crypto_sha256(pieces, count, digest);

    memcpy(tempkey->value, digest, sizeof(digest));
    bytes_wipe(digest, sizeof(digest));
    bytes_wipe(tempkey->value + CHIP_TEMPKEY_BYTES, CHIP_TEMPKEY_BYTES);
    return done;
}

/* Nonce hashes its opcode, its mode and the low byte of Param2, which is 00 also for 8000. */
static bool hash_num_in(struct chip_tempkey *tempkey, uint8_t mode, const uint8_t first[static 32],
                        const uint8_t num_in[static CHIP_NUM_IN_BYTES])
{
    const uint8_t tail[3] = {chip_command_nonce.opcode, mode, 0};
    const struct bytes message[] = {
        bytes_of(first, 32),
        bytes_of(num_in, CHIP_NUM_IN_BYTES),
        bytes_of(tail, sizeof(tail)),
    };
    bool done = digest_into(tempkey, PIECES(message));

    tempkey->from_host = tempkey->gendig_data = tempkey->genkey_data = tempkey->no_mac = false;
    tempkey->slot = 0;
    return done;
}

bool chip_tempkey_nonce(struct chip_tempkey *tempkey, uint8_t mode, const uint8_t rand_out[static 32],
                        const uint8_t num_in[static CHIP_NUM_IN_BYTES])
{
    return hash_num_in(tempkey, mode, rand_out, num_in);
}

bool chip_tempkey_mix(struct chip_tempkey *tempkey, uint8_t mode, const uint8_t num_in[static CHIP_NUM_IN_BYTES])
{
    return hash_num_in(tempkey, mode, tempkey->value, num_in);
}

void chip_tempkey_load(struct chip_tempkey *tempkey, struct bytes value)
{
    *tempkey = (struct chip_tempkey){.from_host = true};
    memcpy(tempkey->value, value.data, value.len < sizeof(tempkey->value) ? value.len : sizeof(tempkey->value));
}

/* The 96 bytes of every GenDig. */
static bool mix(struct chip_tempkey *tempkey, const uint8_t first[static 32],
                const uint8_t middle[static CHIP_MIDDLE_BYTES], const uint8_t fill[static FILL_BYTES],
                const uint8_t last[static 32])
{
    const struct bytes message[] = {
        bytes_of(first, 32),
        bytes_of(middle, CHIP_MIDDLE_BYTES),
        bytes_of(fill, FILL_BYTES),
        bytes_of(last, 32),
    };

    tempkey->gendig_data = tempkey->genkey_data = false;
    tempkey->slot = 0;
    return digest_into(tempkey, PIECES(message));
}

bool chip_tempkey_gendig_slot(struct chip_tempkey *tempkey, uint8_t slot, const uint8_t key[static 32],
                              const uint8_t *other_data, const uint8_t serial[static CHIP_SERIAL_BYTES])
{
    uint8_t middle[CHIP_MIDDLE_BYTES];
    bool done;

    chip_digest_middle(middle, &chip_command_gendig, DIG_DATA, slot, serial);
    if (other_data != NULL)
        memcpy(middle, other_data, 4);
    done = mix(tempkey, key, middle, chip_digest_zeros, tempkey->value);
    tempkey->gendig_data = true;
    tempkey->slot = slot;
    tempkey->no_mac = other_data != NULL;
    return done;
}

bool chip_tempkey_gendig_config(struct chip_tempkey *tempkey, uint8_t block, const uint8_t content[static 32],
                                const uint8_t serial[static CHIP_SERIAL_BYTES])
{
    uint8_t middle[CHIP_MIDDLE_BYTES];

    chip_digest_middle(middle, &chip_command_gendig, DIG_CONFIG, block, serial);
    return mix(tempkey, content, middle, chip_digest_zeros, tempkey->value);
}

bool chip_tempkey_gendig_otp(struct chip_tempkey *tempkey, uint8_t block, const uint8_t content[static 32],
                             const uint8_t serial[static CHIP_SERIAL_BYTES])
{
    uint8_t middle[CHIP_MIDDLE_BYTES];

    chip_digest_middle(middle, &chip_command_gendig, DIG_OTP, block, serial);
    return mix(tempkey, content, middle, chip_digest_zeros, tempkey->value);
}

/* The high byte of KeyID is hashed as 00, also where 80 was sent. */
bool chip_tempkey_gendig_nonce(struct chip_tempkey *tempkey, bool tempkey_first, const uint8_t nonce[static 32],
                               const uint8_t serial[static CHIP_SERIAL_BYTES])
{
    uint8_t middle[CHIP_MIDDLE_BYTES];

    chip_digest_middle(middle, &chip_command_gendig, DIG_NONCE, 0, serial);
    return tempkey_first ? mix(tempkey, tempkey->value, middle, chip_digest_zeros, nonce)
                         : mix(tempkey, nonce, middle, chip_digest_zeros, tempkey->value);
}

bool chip_tempkey_gendig_counter(struct chip_tempkey *tempkey, uint8_t counter, uint32_t value,
                                 const uint8_t serial[static CHIP_SERIAL_BYTES])
{
    uint8_t middle[CHIP_MIDDLE_BYTES];
    uint8_t fill[FILL_BYTES] = {0};

    chip_digest_middle(middle, &chip_command_gendig, DIG_COUNTER, counter, serial);
    store32_le(fill + 1, value);
    return mix(tempkey, chip_digest_zeros, middle, fill, tempkey->value);
}

bool chip_tempkey_gendig_policy(struct chip_tempkey *tempkey, uint8_t slot, const struct chip_config *config)
{
    struct chip_slot_policy policy = chip_slot_policy(config, slot);
    uint8_t middle[CHIP_MIDDLE_BYTES];
    uint8_t serial[CHIP_SERIAL_BYTES];
    uint8_t fill[FILL_BYTES] = {0};

    chip_config_serial(config, serial);
    chip_digest_middle(middle, &chip_command_gendig, DIG_POLICY, slot, serial);
    store16_le(fill + 1, policy.slot_config);
    store16_le(fill + 3, policy.key_config);
    fill[5] = policy.locked ? 0x00 : 0x01;
    return mix(tempkey, chip_digest_zeros, middle, fill, tempkey->value);
}

static bool genkey(struct chip_tempkey *tempkey, uint8_t slot, const uint8_t middle[static CHIP_MIDDLE_BYTES],
                   const uint8_t public_key[static CHIP_PUBLIC_KEY_BYTES])
{
    const struct bytes message[] = {
        bytes_of(tempkey->value, CHIP_TEMPKEY_BYTES),
        bytes_of(middle, CHIP_MIDDLE_BYTES),
        bytes_of(chip_digest_zeros, FILL_BYTES),
        bytes_of(public_key, CHIP_PUBLIC_KEY_BYTES),
    };
    bool done = digest_into(tempkey, PIECES(message));

    tempkey->genkey_data = true;
    tempkey->gendig_data = tempkey->no_mac = false;
    tempkey->slot = slot;
    return done;
}

bool chip_tempkey_genkey_private(struct chip_tempkey *tempkey, uint8_t mode, uint8_t slot,
                                 const uint8_t public_key[static CHIP_PUBLIC_KEY_BYTES],
                                 const uint8_t serial[static CHIP_SERIAL_BYTES])
{
    uint8_t middle[CHIP_MIDDLE_BYTES];

    chip_digest_middle(middle, &chip_command_genkey_digest, mode, slot, serial);
    return genkey(tempkey, slot, middle, public_key);
}

bool chip_tempkey_genkey_stored(struct chip_tempkey *tempkey, uint8_t slot, const uint8_t other_data[static 3],
                                const uint8_t public_key[static CHIP_PUBLIC_KEY_BYTES],
                                const uint8_t serial[static CHIP_SERIAL_BYTES])
{
    uint8_t middle[CHIP_MIDDLE_BYTES];

    chip_digest_middle(middle, &chip_command_genkey_digest, 0, 0, serial);
    memcpy(middle + 1, other_data, 3);
    return genkey(tempkey, slot, middle, public_key);
}

uint8_t chip_tempkey_flags(const struct chip_tempkey *tempkey)
{
    return (uint8_t)(tempkey->slot | (tempkey->from_host ? FLAG_SOURCE : 0) | (tempkey->gendig_data ? FLAG_GENDIG : 0) |
                     (tempkey->genkey_data ? FLAG_GENKEY : 0) | (tempkey->no_mac ? FLAG_NO_MAC : 0));
}
