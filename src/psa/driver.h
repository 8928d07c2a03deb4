/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The driver's context and settings. One driver is one chip with the store that holds its key records. Slot policy is
 * in `slots.h`, operations on slots in `operations.h`; `se_c/` connects them to Mbed TLS's secure element interface.
 *
 * What always holds: a slot that a key record points to, or that is locked, is never written, whoever asks and however.
 * What is in use follows from key records and chip; the one thing the driver itself stores is which slots are scrap
 * (psa/scrap.h).
 */
#ifndef IMPRINT_PSA_DRIVER_H
#define IMPRINT_PSA_DRIVER_H

#include <psa/crypto.h>

#include <imprint/write_key.h>

#include "chip/chip.h"
#include "chip/config.h"
#include "base/error.h"
#include "storage/storage.h"

struct driver_settings {
    /*
     * Automatic allocation may take a slot that holds a key no key id points to, when no empty slot fits. Such a key is
     * lost for ever. False: PSA_ERROR_INSUFFICIENT_STORAGE. An explicit slot number is permission by itself.
     */
    bool replace_unclaimed;
    uint16_t reserved_slots; /* bit n: automatic allocation leaves slot n alone */
    bool stay_awake;         /* do not put the chip to sleep after each call: the caller does, at the end of its work */
    const struct imprint_write_key *write_keys; /* for encrypted imports; must outlive the driver; NULL for none */
    size_t write_key_count;
};

/* Initialise with driver_init(); private but for `settings` and `last_error`. */
struct driver {
    struct driver_settings settings; /* may be changed between PSA calls */
    struct error last_error;         /* why the last PSA call on a chip key failed; reason ERROR_NONE after success */
    struct chip *chip;
    struct storage *storage;
    bool config_known;
    struct chip_config config;
    bool erasing;      /* a slot may hold a key that was destroyed, and is to be overwritten */
    bool working;      /* one of its methods is running: the chip's registers may hold something that it needs */
    bool slot_written; /* the call has changed, or may have changed, what the slot of a new key holds */
};

/*
 * `chip` and `storage` must outlive the driver. Sends and stores nothing. `settings` NULL: all zero. psa/start.h puts
 * the driver behind PSA.
 */
void driver_init(struct driver *driver, struct chip *chip, struct storage *storage,
                 const struct driver_settings *settings);

/*
 * Makes `driver` the one that the shell's methods use; NULL unbinds, and every method then fails with
 * PSA_ERROR_BAD_STATE. Mbed TLS's PSA core is one per process and hands its drivers no context of ours: this pointer
 * and its_mount()'s are imprint's only mutable globals.
 */
void driver_bind(struct driver *driver);
struct driver *driver_bound(void);

/* PSA's 64-bit slot number in a byte: what is no slot of a chip stays so, and is refused where the slot is needed. */
uint8_t driver_slot_of(uint64_t number);

/* Forgets the cached config zone: call it after anything else has written or locked the chip. */
void driver_forget_config(struct driver *driver);

/* The config zone, read once and then kept. May leave the chip awake: chip_sleep() when done. */
enum chip_status driver_config(struct driver *driver, const struct chip_config **config, struct error *err);

/*
 * For the driver's own files: from success on, `config` above is the chip's. driver_refresh_locks() reads the lock
 * bytes again: for the moment before something is written to the chip.
 */
psa_status_t driver_load_config(struct driver *driver, struct error *err);
psa_status_t driver_refresh_locks(struct driver *driver, struct error *err);

/*
 * `status` in PSA's words. After any failure of communication, since when the chip may have been exchanged or changed,
 * the cached config zone is forgotten.
 */
psa_status_t driver_outcome(struct driver *driver, enum chip_status status);

/* The end of one call: puts the chip to sleep, unless settings.stay_awake. */
void driver_rest(struct driver *driver);

#endif
