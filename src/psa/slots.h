/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which slot for which key. A slot is *claimed* when a key record points to it, *filled* when the chip holds a key in
 * it, *empty* when neither, *scrap* when what it holds was never reported, or destroyed. The map is derived afresh from
 * storage and chip each time it matters.
 */
#ifndef IMPRINT_PSA_SLOTS_H
#define IMPRINT_PSA_SLOTS_H

#include <psa/crypto.h>

#include "psa/driver.h"
#include "psa/records.h"

enum driver_fill {
    DRIVER_FILL_UNKNOWN, /* not asked, or the chip cannot tell in its present state: counts as filled */
    DRIVER_FILL_EMPTY,
    DRIVER_FILL_KEY,
};

struct driver_slot {
    /*
     * enum chip_ability bits: what may be done now to put a key here (generate, import, write, lock), and what a key
     * here can be used for once the data zone is locked: an unlocked data zone allows more, but not for long.
     */
    uint32_t abilities;
    bool locked;
    bool write_key_known; /* settings.write_keys has the secret that encrypts imports into this slot */
    uint32_t claimed_by;  /* lowest key id that points here, 0 for none */
    enum driver_fill fill;
    bool scrap; /* not claimed, and nobody wants what it holds: as good as empty */
};

struct driver_map {
    struct driver_slot slots[CHIP_SLOTS];
};

/*
 * Reads the map: policy and locks from the config zone, claims from the key records. With `probe`, asks the chip what
 * each private-key and public-key slot holds (a few milliseconds to 0.1 s a slot); without, `fill` is UNKNOWN.
 * A damaged key record is an error: it may claim any slot. PSA status and reason on failure.
 */
psa_status_t driver_read_map(struct driver *driver, bool probe, struct driver_map *map, struct error *err);

/* Whether the slot is for a private P-256 key; false before the config zone is locked, and for no slot of the chip. */
bool driver_slot_is_private(const struct chip_config *config, uint8_t slot);

/*
 * Whether the slot has all `abilities` (enum chip_ability bits) in the lock state of `config`. PSA_ERROR_NOT_PERMITTED
 * with the rule in `err`, or PSA_ERROR_BAD_STATE where a lock is still missing, or PSA_ERROR_INVALID_ARGUMENT when no
 * chip has that slot.
 */
psa_status_t driver_require(const struct chip_config *config, uint8_t slot, uint32_t abilities, struct error *err);

/* The secret that encrypts imports into `slot`, NULL when settings.write_keys does not have it. */
const struct imprint_write_key *driver_write_key(const struct driver *driver, uint8_t slot);

/* Asks the chip about one slot. `err`, where it is not NULL, must be empty on entry, here and below. */
psa_status_t driver_probe_slot(struct driver *driver, uint8_t slot, enum driver_fill *fill, struct error *err);

/* Whether `slot` is scrap: as good as empty, whatever it holds (psa/recovery.h). What cannot be read makes none. */
bool driver_slot_is_scrap(struct driver *driver, uint8_t slot);

/* How a key is put into its slot. */
enum driver_method {
    DRIVER_REGISTER, /* it is there already */
    DRIVER_GENERATE,
    DRIVER_IMPORT,
    DRIVER_DERIVE_OR_COPY, /* the chip does neither */
};

/* What is needed of a slot, from a key's attributes and the method. */
struct driver_want {
    bool private_key;   /* a key pair, else a public key */
    uint32_t abilities; /* the abilities its type, algorithm and usage need */
    uint32_t method;    /* one of CHIP_CAN_GENERATE, _IMPORT_CLEAR | _IMPORT_SECRET, _WRITE_CLEAR; 0 for register */
};

/*
 * Checks type, size, algorithm, usage and lifetime against what any slot of this chip can do. PSA_ERROR_NOT_SUPPORTED
 * or _INVALID_ARGUMENT with the rule in `err`.
 */
psa_status_t driver_want_of(const psa_key_attributes_t *attributes, enum driver_method method, struct driver_want *want,
                            struct error *err);

/*
 * The slot for `want`: fits, free, and of those the least capable (ties: lowest number); empty and scrap ones before
 * filled ones, those only with settings.replace_unclaimed. PSA_ERROR_INSUFFICIENT_STORAGE with the reason when there is
 * none: whether no slot fits, all that fit are claimed, or some are only filled.
 */
psa_status_t driver_choose_slot(struct driver *driver, const struct driver_want *want, uint8_t *slot,
                                struct error *err);

/*
 * The choice itself, from a probed map. A slot that is chosen automatically can also give its public key away, which
 * nobody asks for and everybody needs (PK, CSR). Sends nothing.
 */
psa_status_t driver_pick_slot(const struct driver_map *map, const struct driver_want *want,
                              const struct driver_settings *settings, uint8_t *slot, struct error *err);

/*
 * Whether the named slot may take the key: policy, then lock, then claim. PSA_ERROR_NOT_PERMITTED, for a claimed slot
 * PSA_ERROR_ALREADY_EXISTS, with an unlocked config zone PSA_ERROR_BAD_STATE. A filled slot that nobody claims may be
 * replaced: naming it is permission.
 * `want->method` 0: registration of what is there, also when it is locked or has another key id; the slot must hold a
 * key of that kind: PSA_ERROR_DOES_NOT_EXIST.
 */
psa_status_t driver_check_slot(struct driver *driver, const struct driver_want *want, uint8_t slot, struct error *err);

#endif
