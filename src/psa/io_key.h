/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The IO protection key of this device in its own store: 32 random bytes that the chip and the host beside it share, so
 * that the chip encrypts what it computes before it crosses the bus. The record also has the serial number of the chip
 * that the key was made for. It is a secret, and as safe as the medium of the store.
 */
#ifndef IMPRINT_PSA_IO_KEY_H
#define IMPRINT_PSA_IO_KEY_H

#include "chip/chip.h"
#include "storage/storage.h"

#define IO_KEY_BYTES 32

/* Outside the ranges of keys, of the core and of the driver's scrap records. */
#define IO_KEY_UID ((uint64_t)0x61 << 32 | 1)

/* The content: version (1), 1 if proven (1), two zeros, the chip's serial number (9), three zeros, the key (32). */
#define IO_KEY_RECORD_BYTES 48

enum io_key_found {
    IO_KEY_FOUND,
    IO_KEY_UNPROVEN,   /* of io_key_read_proven() alone: made for this chip, which may not have it yet */
    IO_KEY_ABSENT,     /* the store has none */
    IO_KEY_OTHER_CHIP, /* it has the key of another chip */
    IO_KEY_UNREADABLE, /* the record or the medium is damaged: `err` has the reason */
};

/*
 * Reads the key for the chip with this serial number into `key`, which the caller wipes. Unless it is found, `key` is
 * zeros.
 */
enum io_key_found io_key_read(const struct storage *storage, const uint8_t serial[static CHIP_SERIAL_BYTES],
                              uint8_t key[static IO_KEY_BYTES], struct error *err);

/* As io_key_read(), but finds only a key that was proven to be in the chip: IO_KEY_UNPROVEN, and zeros, for others. */
enum io_key_found io_key_read_proven(const struct storage *storage, const uint8_t serial[static CHIP_SERIAL_BYTES],
                                     uint8_t key[static IO_KEY_BYTES], struct error *err);

/* Stores a new key, which is not proven. False with the reason; then the store has what it had before. */
bool io_key_write(const struct storage *storage, const uint8_t serial[static CHIP_SERIAL_BYTES],
                  const uint8_t key[static IO_KEY_BYTES], struct error *err);

/*
 * Notes that the chip with this serial number has proven that it holds the key in the store; writes only if that is not
 * noted yet. False with the reason, among others where the store has no key for this chip.
 */
bool io_key_note_proven(const struct storage *storage, const uint8_t serial[static CHIP_SERIAL_BYTES],
                        struct error *err);

#endif
