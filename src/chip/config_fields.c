/* SPDX-License-Identifier: Apache-2.0 */
/* The config zone, field by field, for people. Sources: chip/config_layout.h. */
#include "chip/config.h"
#include "chip/config_layout.h"

const struct chip_config_field chip_config_fields[] = {
    {"SN[0:3]", NULL, CONFIG_SERIAL_FIRST_AT, 4, CHIP_SET_NEVER, "serial number, first part"},
    {"RevNum", NULL, CONFIG_REVISION_AT, 4, CHIP_SET_NEVER, "revision of the part"},
    {"SN[4:8]", NULL, CONFIG_SERIAL_SECOND_AT, 5, CHIP_SET_NEVER, "serial number, second part"},
    {"AES_Enable", "Reserved13", CONFIG_AES_ENABLE_AT, 1, CHIP_SET_NEVER, "bit 0: the AES command is there"},
    {"I2C_Enable", NULL, CONFIG_I2C_ENABLE_AT, 1, CHIP_SET_NEVER, "bit 0: I2C part, else single wire"},
    {"Reserved15", NULL, CONFIG_RESERVED15_AT, 1, CHIP_SET_NEVER, "reserved"},
    {"I2C_Address", NULL, CONFIG_I2C_ADDRESS_AT, 1, CHIP_SET_WRITE,
     "I2C address, 8-bit form; GPIO control on single-wire parts"},
    {"Reserved17", NULL, CONFIG_RESERVED17_AT, 1, CHIP_SET_WRITE, "reserved, keep 0"},
    {"CountMatch", "OTPmode", CONFIG_COUNT_MATCH_AT, 1, CHIP_SET_WRITE,
     "limit of Counter0: bit 0 enable, bits 7-4 slot of the limit; 508A: AA makes OTP read-only, 55 one-way"},
    {"ChipMode", NULL, CONFIG_CHIP_MODE_AT, 1, CHIP_SET_WRITE,
     "bit 0 address from byte 85, bit 1 input levels, bit 2 long watchdog, bits 7-3 clock divider"},
    {"SlotConfig", NULL, CONFIG_SLOT_CONFIG_AT, 32, CHIP_SET_WRITE,
     "16 words: how each slot may be used, read and written"},
    {"Counter0", NULL, CONFIG_COUNTER0_AT, 8, CHIP_SET_OPERATION, "monotonic counter 0, also counts limited-use keys"},
    {"Counter1", NULL, CONFIG_COUNTER1_AT, 8, CHIP_SET_OPERATION, "monotonic counter 1"},
    {"UseLock", "LastKeyUse[0]", CONFIG_USE_LOCK_AT, 1, CHIP_SET_WRITE,
     "transport lock: low nibble A enables, bits 7-4 key slot"},
    {"VolatileKeyPermission", "LastKeyUse[1]", CONFIG_VOLATILE_KEY_AT, 1, CHIP_SET_WRITE,
     "bit 7 enable, bits 3-0 slot whose key may set the persistent latch"},
    {"SecureBoot", "LastKeyUse[2:3]", CONFIG_SECURE_BOOT_AT, 2, CHIP_SET_WRITE, "secure boot mode and its slots"},
    {"KdfIvLoc", "LastKeyUse[4]", CONFIG_KDF_IV_LOC_AT, 1, CHIP_SET_WRITE, "where KDF input must carry KdfIvStr"},
    {"KdfIvStr", "LastKeyUse[5:6]", CONFIG_KDF_IV_STR_AT, 2, CHIP_SET_WRITE,
     "the two bytes KDF input must carry there"},
    {"Reserved75", "LastKeyUse[7:15]", CONFIG_RESERVED75_AT, 9, CHIP_SET_WRITE,
     "reserved, keep 0; 508A: uses left of slot 15"},
    {"UserExtra", NULL, CONFIG_USER_EXTRA_AT, 1, CHIP_SET_UPDATE_EXTRA, "one byte for the user, once"},
    {"UserExtraAdd", "Selector", CONFIG_USER_EXTRA_ADD_AT, 1, CHIP_SET_UPDATE_EXTRA,
     "another I2C address, 8-bit form, in force if ChipMode bit 0 is set; 508A: selector for Pause"},
    {"LockValue", NULL, CONFIG_LOCK_VALUE_AT, 1, CHIP_SET_LOCK, "55: data and OTP zones are unlocked"},
    {"LockConfig", NULL, CONFIG_LOCK_CONFIG_AT, 1, CHIP_SET_LOCK, "55: the config zone is unlocked"},
    {"SlotLocked", NULL, CONFIG_SLOT_LOCKED_AT, 2, CHIP_SET_LOCK, "bit n is 0: slot n is locked"},
    {"ChipOptions", "Reserved90", CONFIG_CHIP_OPTIONS_AT, 2, CHIP_SET_WRITE,
     "power-on self test, IO protection key, KDF-AES, protection of ECDH and KDF output"},
    {"X509format", NULL, CONFIG_X509_FORMAT_AT, 4, CHIP_SET_WRITE,
     "certificate formats for Verify(ValidateExternal), 0 for none"},
    {"KeyConfig", NULL, CONFIG_KEY_CONFIG_AT, 32, CHIP_SET_WRITE,
     "16 words: what each slot holds and what its use needs"},
};
const size_t chip_config_field_count = sizeof(chip_config_fields) / sizeof(chip_config_fields[0]);

struct bytes chip_config_field(const struct chip_config *config, const struct chip_config_field *field)
{
    return bytes_of(config->zone + field->offset, field->width);
}
