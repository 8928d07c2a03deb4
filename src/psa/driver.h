/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The driver's context and settings. One driver is one chip with the store that holds its key records. Slot policy is
 * in `slots.h`, operations on slots in `operations.h`; the shells `se_c/` and `opaque/` connect them to a PSA core.
 *
 * The driver never writes a slot that is locked or that a key record points to, whatever the caller asks. Which slots
 * are in use follows from the key records and the chip. The driver itself stores one thing only: which slots are scrap
 * (psa/scrap.h).
 */
#ifndef IMPRINT_PSA_DRIVER_H
#define IMPRINT_PSA_DRIVER_H

#include <psa/crypto.h>

#include <imprint/write_key.h>

#include "chip/chip.h"
#include "chip/config.h"
#include "base/error.h"
#include "psa/random_watch.h"
#include "storage/storage.h"

struct driver_settings {
    /*
     * Automatic allocation may take a slot that holds a key no key id points to, when no empty slot fits. Such a key is
     * lost for ever. False: PSA_ERROR_INSUFFICIENT_STORAGE. An explicit slot number is permission by itself.
     */
    bool replace_unclaimed;
    uint16_t reserved_slots; /* bit n: automatic allocation never chooses slot n */
    bool stay_awake;         /* do not put the chip to sleep after each call: the caller does so at the end */
    const struct imprint_write_key *write_keys; /* for encrypted imports; must outlive the driver; NULL for none */
    size_t write_key_count;
    const uint8_t
        *io_key; /* the IO protection key, 32 bytes, for shared secrets; as long as the driver; NULL: the store's */
};

/* How many public keys a run remembers. 0: the program has no runs, and carries no code for them. */
#ifndef DRIVER_SEEN_KEYS
#define DRIVER_SEEN_KEYS CHIP_SLOTS
#endif

/*
 * What one run of imprint has learned of the slots, so that it asks the chip nothing twice. An application has none:
 * other code of its own may change the chip between two calls.
 */
struct driver_seen {
    uint8_t fill[CHIP_SLOTS]; /* enum driver_fill; UNKNOWN: not asked */
    uint8_t count;            /* public keys that the chip itself has told; one more than fit is asked for again */
    struct {
        uint8_t slot;
        uint8_t key[CHIP_PUBLIC_KEY_BYTES];
    } public_keys[DRIVER_SEEN_KEYS > 0 ? DRIVER_SEEN_KEYS : 1];
};

struct driver_shell;     /* psa/shell.h */
struct driver_symmetric; /* psa/symmetric.h */

/* Initialise with driver_init(). Callers may use `settings` and `last_error`; the rest is private. */
struct driver {
    struct driver_settings settings;  /* may be changed between PSA calls */
    struct error last_error;          /* why the last PSA call on a chip key failed; reason ERROR_NONE after success */
    const struct driver_shell *shell; /* through which driver_start() started PSA, or the opaque one; else NULL */
    struct chip *chip;
    struct storage *storage;
    uint8_t slot_to_use; /* opaque shell: one more than the slot that psa/keys.h names for the next key; 0: none */
    const struct driver_symmetric *symmetric; /* psa/symmetric.h; NULL: the program registers no HMAC and AES keys */
    const psa_key_attributes_t *registering;  /* opaque shell: a built-in key shows the policy that these ask for */
    uint32_t signatures;                      /* that keys of the chip have made; callers may read it */
    bool config_known;
    bool config_current; /* read since the last driver_rest() */
    struct chip_config config;
    struct driver_seen *seen; /* while a run has one (driver_remember()), else NULL */
    bool erasing;             /* a slot may still hold a destroyed key that must be overwritten */
    bool working;             /* a method is running, which may need what is in the chip's registers */
    bool slot_written;        /* this call may have changed the slot of a new key */
    struct random_watch random_watch;
};

/*
 * `chip` and `storage` must outlive the driver. Sends and stores nothing. `settings` NULL means all zero. psa/start.h
 * connects the driver to PSA.
 */
void driver_init(struct driver *driver, struct chip *chip, struct storage *storage,
                 const struct driver_settings *settings);

/*
 * Makes `driver` the one that the shell's methods use; NULL unbinds, and every method then fails with
 * PSA_ERROR_BAD_STATE. Mbed TLS has one PSA core per process and passes no context to its drivers. This pointer and the
 * one of its_mount() are therefore imprint's only mutable globals.
 */
void driver_bind(struct driver *driver);
struct driver *driver_bound(void);

/* Narrows PSA's 64-bit slot number to a byte. An invalid number stays invalid and is refused where the slot is used. */
uint8_t driver_slot_of(uint64_t number);

/*
 * From now on the driver keeps in `seen` what it learns, and reads the config zone once: for a run that alone changes
 * the chip, and calls driver_forget_config() or driver_know_config() after it has changed the config zone beside PSA.
 * `seen` stays the caller's, who clears it before a run. NULL ends the run.
 */
void driver_remember(struct driver *driver, struct driver_seen *seen);

/* What the present run knows; NULL outside a run. */
static inline struct driver_seen *driver_seen(const struct driver *driver)
{
    return DRIVER_SEEN_KEYS > 0 ? driver->seen : NULL;
}

/* Drops what is known of the slot: it is about to be written, or to be read again as evidence. */
void driver_forget_slot(struct driver *driver, uint8_t slot);

/* Drops the cached config zone, so that the next use reads it whole; or caches the one that the caller has just read.
 */
void driver_forget_config(struct driver *driver);
void driver_know_config(struct driver *driver, const struct chip_config *config);

/*
 * Returns the config zone. Outside a run it is cached from one operation to the next only once both zones are locked:
 * before, an application may write and lock them through the chip layer. Each operation reads an unlocked config zone
 * again (four commands), and while only the data zone is unlocked the locks (one). May leave the chip awake:
 * chip_sleep() when done.
 */
enum chip_status driver_config(struct driver *driver, const struct chip_config **config, struct error *err);

/* The same, after reading again whatever can have changed: all of an unlocked zone, of a locked one the locks. */
enum chip_status driver_reread_config(struct driver *driver, const struct chip_config **config, struct error *err);

/*
 * For the driver's own files. After success, `config` above is valid. driver_refresh_locks() reads the lock bytes
 * again, but for a run; call it just before a write to the chip.
 */
psa_status_t driver_load_config(struct driver *driver, struct error *err);
psa_status_t driver_refresh_locks(struct driver *driver, struct error *err);

/*
 * Translates `status` into a PSA status. After a communication error it drops the cached config zone, because the chip
 * may have been swapped.
 */
psa_status_t driver_outcome(struct driver *driver, enum chip_status status);

/* Ends one operation: puts the chip to sleep, unless settings.stay_awake is set. */
void driver_rest(struct driver *driver);

#endif
