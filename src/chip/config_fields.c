/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The config zone, field by field, for people: ATECC508A data sheet DS20005927, table 2-5; ATECC608A-TNGTLS data sheet
 * DS40002112, table 2-3; cryptoauthlib lib/calib/calib_device.h for the fields of the ATECC608 that Trust&GO leaves
 * alone.
 */
#include "chip/config.h"

const struct chip_config_field chip_config_fields[] = {
    {"SN[0:3]", NULL, 0, 4, CHIP_SET_NEVER, "serial number, first part"},
    {"RevNum", NULL, 4, 4, CHIP_SET_NEVER, "revision of the part"},
    {"SN[4:8]", NULL, 8, 5, CHIP_SET_NEVER, "serial number, second part"},
    {"AES_Enable", "Reserved13", 13, 1, CHIP_SET_NEVER, "bit 0: the AES command is there"},
    {"I2C_Enable", NULL, 14, 1, CHIP_SET_NEVER, "bit 0: I2C part, else single wire"},
    {"Reserved15", NULL, 15, 1, CHIP_SET_NEVER, "reserved"},
    {"I2C_Address", NULL, 16, 1, CHIP_SET_WRITE, "I2C address, 8-bit form; GPIO control on single-wire parts"},
    {"Reserved17", NULL, 17, 1, CHIP_SET_WRITE, "reserved, keep 0"},
    {"CountMatch", "OTPmode", 18, 1, CHIP_SET_WRITE,
     "limit of Counter0: bit 0 enable, bits 7-4 slot of the limit; 508A: AA makes OTP read-only, 55 one-way"},
    {"ChipMode", NULL, 19, 1, CHIP_SET_WRITE,
     "bit 0 address from byte 85, bit 1 input levels, bit 2 long watchdog, bits 7-3 clock divider"},
    {"SlotConfig", NULL, 20, 32, CHIP_SET_WRITE, "16 words: how each slot may be used, read and written"},
    {"Counter0", NULL, 52, 8, CHIP_SET_OPERATION, "monotonic counter 0, also counts limited-use keys"},
    {"Counter1", NULL, 60, 8, CHIP_SET_OPERATION, "monotonic counter 1"},
    {"UseLock", "LastKeyUse[0]", 68, 1, CHIP_SET_WRITE, "transport lock: low nibble A enables, bits 7-4 key slot"},
    {"VolatileKeyPermission", "LastKeyUse[1]", 69, 1, CHIP_SET_WRITE,
     "bit 7 enable, bits 3-0 slot whose key may set the persistent latch"},
    {"SecureBoot", "LastKeyUse[2:3]", 70, 2, CHIP_SET_WRITE, "secure boot mode and its slots"},
    {"KdfIvLoc", "LastKeyUse[4]", 72, 1, CHIP_SET_WRITE, "where KDF input must carry KdfIvStr"},
    {"KdfIvStr", "LastKeyUse[5:6]", 73, 2, CHIP_SET_WRITE, "the two bytes KDF input must carry there"},
    {"Reserved75", "LastKeyUse[7:15]", 75, 9, CHIP_SET_WRITE, "reserved, keep 0; 508A: uses left of slot 15"},
    {"UserExtra", NULL, 84, 1, CHIP_SET_UPDATE_EXTRA, "one byte for the user, once"},
    {"UserExtraAdd", "Selector", 85, 1, CHIP_SET_UPDATE_EXTRA,
     "another I2C address, 8-bit form, in force if ChipMode bit 0 is set; 508A: selector for Pause"},
    {"LockValue", NULL, 86, 1, CHIP_SET_LOCK, "55: data and OTP zones are unlocked"},
    {"LockConfig", NULL, 87, 1, CHIP_SET_LOCK, "55: the config zone is unlocked"},
    {"SlotLocked", NULL, 88, 2, CHIP_SET_LOCK, "bit n is 0: slot n is locked"},
    {"ChipOptions", "Reserved90", 90, 2, CHIP_SET_WRITE,
     "power-on self test, IO protection key, KDF-AES, protection of ECDH and KDF output"},
    {"X509format", NULL, 92, 4, CHIP_SET_WRITE, "certificate formats for Verify(ValidateExternal), 0 for none"},
    {"KeyConfig", NULL, 96, 32, CHIP_SET_WRITE, "16 words: what each slot holds and what its use needs"},
};
const size_t chip_config_field_count = sizeof(chip_config_fields) / sizeof(chip_config_fields[0]);
