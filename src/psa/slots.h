/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Chooses the slot for a key. A slot is *claimed* if a key record points to it, *filled* if the chip holds a key in it,
 * *empty* if neither, and *scrap* if it holds a key that was never reported or that was destroyed. The map is built
 * from store and chip each time it is needed.
 */
#ifndef IMPRINT_PSA_SLOTS_H
#define IMPRINT_PSA_SLOTS_H

#include <psa/crypto.h>

#include "psa/driver.h"
#include "psa/records.h"

enum driver_fill {
    DRIVER_FILL_UNKNOWN, /* not asked, or the chip cannot tell now: counts as filled */
    DRIVER_FILL_EMPTY,
    DRIVER_FILL_KEY,
};

struct driver_slot {
    /*
     * enum chip_ability bits. Ways to put a key here (generate, import, write, lock) are judged as of now. Uses of a
     * key here are judged as if the data zone were locked, because an unlocked data zone permits more, but only until
     * the lock.
     */
    uint32_t abilities;
    bool locked;
    bool limited;         /* LimitedUse: the chip counts the uses of a key here, and one day refuses them */
    bool write_key_known; /* settings.write_keys has the secret that encrypts imports into this slot */
    uint32_t claimed_by;  /* lowest key id that points here, 0 for none */
    enum driver_fill fill;
    uint32_t uses_left; /* of a limited slot, where probed: psa/uses.h */
    bool scrap;         /* not claimed, and its content may be overwritten: counts as empty */
};

struct driver_map {
    struct driver_slot slots[CHIP_SLOTS];
};

/*
 * Reads the map: policy and locks from the config zone, claims from the key records. With `probe`, asks the chip what
 * each private-key and public-key slot holds (a few milliseconds to 0.1 s per slot); without, `fill` is UNKNOWN. A
 * damaged key record is an error: it may claim any slot. PSA status and reason on failure.
 */
psa_status_t driver_read_map(struct driver *driver, bool probe, struct driver_map *map, struct error *err);

/* Whether the slot is for a private P-256 key; false before the config zone is locked, and for a number above 15. */
bool driver_slot_is_private(const struct chip_config *config, uint8_t slot);

/*
 * Whether the slot has all `abilities` (enum chip_ability bits) in the lock state of `config`. PSA_ERROR_NOT_PERMITTED
 * with the rule in `err`, or PSA_ERROR_BAD_STATE if a zone must be locked first, or PSA_ERROR_INVALID_ARGUMENT for a
 * slot above 15.
 */
psa_status_t driver_require(const struct chip_config *config, uint8_t slot, uint32_t abilities, struct error *err);

/*
 * The same for uses of the key that is in the slot now: what only the chip's latch forbids (CHIP_RULE_LATCH) is allowed
 * while the latch is set, which the chip is asked about in that case alone.
 */
psa_status_t driver_require_use(const struct driver *driver, const struct chip_config *config, uint8_t slot,
                                uint32_t abilities, struct error *err);

/* The secret that encrypts imports into `slot`, NULL when settings.write_keys does not have it. */
const struct imprint_write_key *driver_write_key(const struct driver *driver, uint8_t slot);

/*
 * X | Y of the key in the slot, from the chip: computed from a private key, or read from a public-key slot. From
 * memory where a run has one and knows it.
 */
enum chip_status driver_public_key(struct driver *driver, uint8_t slot,
                                   uint8_t public_key[static CHIP_PUBLIC_KEY_BYTES], struct error *err);
/* A run remembers that the chip has told this public key. */
void driver_note_public_key(struct driver *driver, uint8_t slot,
                            const uint8_t public_key[static CHIP_PUBLIC_KEY_BYTES]);

/* Asks the chip about one slot, unless a run knows. `err` may be NULL; otherwise it must be empty on entry, here and
 * below. */
psa_status_t driver_probe_slot(struct driver *driver, uint8_t slot, enum driver_fill *fill, struct error *err);

/* Whether `slot` is scrap and thus counts as empty (psa/recovery.h). False when that cannot be read. */
bool driver_slot_is_scrap(struct driver *driver, uint8_t slot);

/* How a key is put into its slot. */
enum driver_method {
    DRIVER_REGISTER, /* the key is already in the slot */
    DRIVER_GENERATE,
    DRIVER_IMPORT,
    DRIVER_DERIVE_OR_COPY, /* the chip does neither */
};

/* What a key needs from its slot, derived from its attributes and the method. */
struct driver_slot_needs {
    bool private_key;   /* a key pair, else a public key or a symmetric one */
    uint32_t abilities; /* the abilities its type, algorithm and usage need; those of a symmetric key tell it */
    uint32_t method;    /* one of CHIP_CAN_GENERATE, _IMPORT_CLEAR | _IMPORT_SECRET, _WRITE_CLEAR; 0 for register */
};

/*
 * Checks type, size, algorithm, usage and lifetime against what any slot of this chip can do. PSA_ERROR_NOT_SUPPORTED
 * or _INVALID_ARGUMENT with the rule in `err`.
 */
psa_status_t driver_needs_of(const psa_key_attributes_t *attributes, enum driver_method method,
                             struct driver_slot_needs *needs, struct error *err);

/* The same, for HMAC and AES keys too, if the program registers such (psa/symmetric.h). */
psa_status_t driver_needs_of_any(const struct driver *driver, const psa_key_attributes_t *attributes,
                                 enum driver_method method, struct driver_slot_needs *needs, struct error *err);

/*
 * The slot for `needs`: of the free slots that fit, the least capable one (ties: lowest number). Empty and scrap slots
 * are chosen first, filled ones only with settings.replace_unclaimed. PSA_ERROR_INSUFFICIENT_STORAGE if there is none;
 * the reason says whether no slot fits, all fitting slots are claimed, or some are filled but unclaimed.
 */
psa_status_t driver_choose_slot(struct driver *driver, const struct driver_slot_needs *needs, uint8_t *slot,
                                struct error *err);

/*
 * Makes the choice from a probed map; sends nothing. It chooses only slots whose public key can be read: attributes do
 * not ask for that, but certificate requests need it. It never chooses a slot that counts uses: such a key stops
 * working one day, and whoever wants that names the slot.
 */
psa_status_t driver_pick_slot(const struct driver_map *map, const struct driver_slot_needs *needs,
                              const struct driver_settings *settings, uint8_t *slot, struct error *err);

/*
 * Whether the named slot may take the key: policy, then lock, then claim. PSA_ERROR_NOT_PERMITTED, for a claimed slot
 * PSA_ERROR_ALREADY_EXISTS, with an unlocked config zone PSA_ERROR_BAD_STATE. A filled but unclaimed slot may be
 * overwritten: naming the slot is permission. `needs->method` 0: registration of the key in the slot, even if the slot
 * is locked or another key id points to it. PSA_ERROR_DOES_NOT_EXIST if the slot holds no key of that kind.
 */
psa_status_t driver_check_slot(struct driver *driver, const struct driver_slot_needs *needs, uint8_t slot,
                               struct error *err);

#endif
