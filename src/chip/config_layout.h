/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where each field of the config zone lies: the only place of the product that knows. config_fields.c adds names,
 * widths, meanings and who may set a field. Private to chip/; everybody else uses the calls of chip/config.h.
 *
 * Offsets in bytes: ATECC508A data sheet DS20005927, table 2-5; ATECC608A-TNGTLS data sheet DS40002112, table 2-3;
 * cryptoauthlib lib/calib/calib_device.h for the fields of the ATECC608 that Trust&GO does not use.
 */
#ifndef IMPRINT_CHIP_CONFIG_LAYOUT_H
#define IMPRINT_CHIP_CONFIG_LAYOUT_H

#define CONFIG_SERIAL_FIRST_AT 0 /* SN[0:3] */
#define CONFIG_SERIAL_FIRST_BYTES 4
#define CONFIG_REVISION_AT 4
#define CONFIG_SERIAL_SECOND_AT 8 /* SN[4:8] */
#define CONFIG_SERIAL_SECOND_BYTES 5
#define CONFIG_AES_ENABLE_AT 13
#define CONFIG_I2C_ENABLE_AT 14
#define CONFIG_RESERVED15_AT 15
#define CONFIG_I2C_ADDRESS_AT 16
#define CONFIG_RESERVED17_AT 17
#define CONFIG_COUNT_MATCH_AT 18 /* ATECC508A: OTPmode */
#define CONFIG_CHIP_MODE_AT 19
#define CONFIG_SLOT_CONFIG_AT 20 /* 16 words, low byte first */
#define CONFIG_COUNTER0_AT 52
#define CONFIG_COUNTER1_AT 60
#define CONFIG_USE_LOCK_AT 68 /* ATECC508A: LastKeyUse, 16 bytes from here */
#define CONFIG_VOLATILE_KEY_AT 69
#define CONFIG_SECURE_BOOT_AT 70
#define CONFIG_KDF_IV_LOC_AT 72
#define CONFIG_KDF_IV_STR_AT 73
#define CONFIG_RESERVED75_AT 75
#define CONFIG_USER_EXTRA_AT 84
#define CONFIG_USER_EXTRA_ADD_AT 85 /* ATECC508A: Selector */
#define CONFIG_LOCK_VALUE_AT 86
#define CONFIG_LOCK_CONFIG_AT 87
#define CONFIG_SLOT_LOCKED_AT 88
#define CONFIG_CHIP_OPTIONS_AT 90
#define CONFIG_X509_FORMAT_AT 92
#define CONFIG_KEY_CONFIG_AT 96 /* 16 words, low byte first */

/* LockValue and LockConfig: this value means unlocked, any other locked. */
#define CONFIG_UNLOCKED 0x55

/* ChipMode: bit 0 takes the I2C address from UserExtraAdd (ATECC608), bits 7 to 3 are the clock divider. */
#define CONFIG_CHIP_MODE_USER_ADDRESS 0x01
#define CONFIG_CHIP_MODE_CLOCK 0xF8 /* the ATECC508A has no divider and keeps these bits 0 */
#define CONFIG_CLOCK_M0 0x00
#define CONFIG_CLOCK_M1 0x28

/* Config words of four bytes: the first that Write may change, and the lock bytes' (UserExtra too). */
#define CONFIG_FIRST_WRITABLE_WORD (CONFIG_I2C_ADDRESS_AT / 4)
#define CONFIG_LOCK_WORD (CONFIG_LOCK_VALUE_AT / 4)

/* The block of 32 bytes with all that a locked zone can still change, but for the counters. */
#define CONFIG_LOCK_BLOCK (CONFIG_LOCK_VALUE_AT / 32)

#endif
