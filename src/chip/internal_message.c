/* SPDX-License-Identifier: Apache-2.0 */
/* Layout: ATECC608B-TNGTLS data sheet, 5.2.4 and 5.2.5; PubKeyValid as in the ATECC508A data sheet DS20005927. */
#include "chip/internal_message.h"

#include "base/order.h"
#include "chip/digest.h"
#include "crypto/hash.h"

#include <string.h>

#define OPCODE_AT 32
#define SLOT_CONFIG_AT 36
#define KEY_CONFIG_AT 38
#define FLAGS_AT 40
#define SN8_AT 43
#define SN4_AT 44
#define SN0_AT 48
#define SN2_AT 50
#define UNLOCKED_AT 52
#define VALID_AT 53

#define MODE_SERIAL 0x40

void chip_internal_message(const struct chip_tempkey *tempkey, uint8_t mode, uint8_t slot,
                           const struct chip_config *config, bool validated,
                           uint8_t message[static CHIP_INTERNAL_BYTES])
{
    struct chip_slot_policy policy = chip_slot_policy(config, tempkey->slot);
    uint8_t serial[CHIP_SERIAL_BYTES];

    chip_config_serial(config, serial);
    memset(message, 0, CHIP_INTERNAL_BYTES);
    memcpy(message, tempkey->value, CHIP_TEMPKEY_BYTES);
    message[OPCODE_AT] = chip_command_sign.opcode;
    message[OPCODE_AT + 1] = mode;
    store16_le(message + OPCODE_AT + 2, slot);
    store16_le(message + SLOT_CONFIG_AT, policy.slot_config);
    store16_le(message + KEY_CONFIG_AT, policy.key_config);
    message[FLAGS_AT] = chip_tempkey_flags(tempkey);
    message[SN8_AT] = serial[8];
    memcpy(message + SN0_AT, serial, 2);
    if ((mode & MODE_SERIAL) != 0) {
        memcpy(message + SN4_AT, serial + 4, 4);
        memcpy(message + SN2_AT, serial + 2, 2);
    }
    message[UNLOCKED_AT] = policy.locked ? 0x00 : 0x01;
    message[VALID_AT] = validated ? 0x01 : 0x00;
}

bool chip_internal_message_digest(const uint8_t message[static CHIP_INTERNAL_BYTES],
                                  uint8_t digest[static CHIP_DIGEST_BYTES])
{
    const struct bytes whole[] = {bytes_of(message, CHIP_INTERNAL_BYTES)};

    return crypto_sha256(PIECES(whole), digest);
}

/* All but what the chip puts in by itself: TempKey, the opcode and the serial number's common bytes. */
void chip_internal_message_other_data(const uint8_t message[static CHIP_INTERNAL_BYTES],
                                      uint8_t other_data[static CHIP_VERIFY_OTHER_DATA_BYTES])
{
    memcpy(other_data, message + OPCODE_AT + 1, 10);
    memcpy(other_data + 10, message + SN4_AT, 4);
    memcpy(other_data + 14, message + SN2_AT, 5);
}
