/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The world a test runs in, as far as the test wants it: a virtual chip with its transport and the chip layer; a
 * key store, of files or on flash or in memory; driver and PSA core. All are the test's own. Starting and stopping it
 * is switching a device on and off. Signatures are checked with libcrypto (test/support/p256.h), which none of the code
 * under test uses. Failures of the set-up itself end the test.
 */
#ifndef IMPRINT_TEST_SUPPORT_WORLD_H
#define IMPRINT_TEST_SUPPORT_WORLD_H

#include "base/p256.h"
#include "chip/chip.h"
#include <imprint/psa.h>
#include "psa/driver.h"
#include "psa/shell.h"
#include "psa/start.h"
#include "storage/storage.h"
#include "test/support/store_front.h"
#include "test/support/world_store.h"
#include "transport/virtual.h"
#include "virtual/chip/virtual.h"

enum world_kind {
    WORLD_TRUST_AND_GO,        /* slots 0 to 4 filled, both zones locked */
    WORLD_TRUST_FLEX,          /* the same, with public-key slots that can be written */
    WORLD_BLANK,               /* factory default, config zone unlocked */
    WORLD_BLANK_CONFIG_LOCKED, /* factory default, config zone locked, data zone unlocked, all slots empty */
    WORLD_BLANK_LOCKED,        /* factory default, both zones locked, all slots empty */
    WORLD_VARIED,              /* one slot for each policy the driver tells apart: world_varied_policies */
    WORLD_VARIED_LOCKED,       /* the same, data zone locked; slot 15 holds DEVICE_WRITE_KEY */
};

/* SlotConfig and KeyConfig of DEVICE_VARIED, as words. */
struct world_policy {
    uint16_t slot_config, key_config;
};
extern const struct world_policy world_varied_policies[CHIP_SLOTS];

enum {
    VARIED_SIGN = 0,          /* private, signs, GenKey */
    VARIED_SIGN_ECDH = 1,     /* and ECDH */
    VARIED_FIXED = 2,         /* private, signs, never replaced once the data zone is locked */
    VARIED_INTERNAL = 3,      /* private, signs internal digests only, GenKey */
    VARIED_IMPORT = 4,        /* private, signs, GenKey, encrypted PrivWrite with slot 15 */
    VARIED_HIDDEN = 5,        /* private, signs, GenKey, public key not to be had after creation */
    VARIED_LOCKABLE = 6,      /* as VARIED_SIGN with ECDH, Lockable */
    VARIED_FOREIGN_KEY = 7,   /* private, signs, encrypted PrivWrite with slot 14, whose secret nobody knows */
    VARIED_DATA = 8,          /* data */
    VARIED_PUBLIC = 9,        /* public key, clear read and write */
    VARIED_PUBLIC_FIXED = 10, /* public key, clear read, never written after the data lock */
    VARIED_PUBLIC_SECRET = 11 /* public key that cannot be read */
};
extern const uint8_t world_write_key[32];

struct world {
    char directory[SCRATCH_PATH_MAX], chip_path[SCRATCH_PATH_MAX + 8];
    struct driver_settings settings; /* for the next start */
    struct virtual_chip *part;       /* NULL while it has no power */
    struct transport_virtual transport;
    struct chip chip;
    struct world_store store;
    struct storage storage; /* that of `store`, once it is open; a test may put a front there */
    struct driver driver;
    struct its its;
};

/*
 * --- the shell under test: world_se_c.c or world_opaque.c, whichever the program links -----------------------------
 */
extern const struct driver_shell *const world_shell;
extern const bool world_is_opaque;

/* Names the slot for a key, as an application does with this shell. */
void world_name_slot(psa_key_attributes_t *attributes, uint8_t slot);
/* Registers the key in the slot that `attributes` name, as an application does with this shell. */
psa_status_t world_register_key(const psa_key_attributes_t *attributes);
/*
 * Destroys a key, and returns why that failed. The core says so itself with SE_C; with the opaque driver it answers
 * PSA_ERROR_DATA_INVALID, and the driver's last_error has the status.
 */
psa_status_t world_destroy(const struct driver *driver, psa_key_id_t id);
/* After world_attach(), before psa_crypto_init(): what an application does so that the core finds the driver. */
psa_status_t world_connect(void);

/* Makes a part in a new directory, not powered; without a seed of its own it has seed 7. */
void world_make_part(struct world *world, const struct virtual_making *making);
/* The same for one of the kinds above. */
void world_make(struct world *world, enum world_kind kind);
/* The same of the blank part with other slot policies, config zone locked; `data_locked`: and keys in private slots. */
void world_make_with(struct world *world, const struct world_policy policies[static CHIP_SLOTS], bool data_locked);

/* Another store, empty, in place of the one of files. Before the first start. */
void world_use_store(struct world *world, enum world_store_kind kind);

/* Another part in the place of this one, while it has no power. */
void world_replace_part(struct world *world, const struct virtual_making *making);

/* The chip alone: power on, chip layer ready. */
void world_power_on(struct world *world);
void world_power_off(struct world *world);
/* World made and powered, for tests of the chip layer. */
void world_open_chip(struct world *world, const struct virtual_making *making);

/* Power on, store mounted, driver attached; for tests that register the driver and call psa_crypto_init() themselves.
 */
void world_attach(struct world *world);
#ifdef MBEDTLS_PSA_CRYPTO_SE_C
void world_start_table(const psa_drv_se_t *driver); /* registers this table of the driver, and starts PSA Crypto */
#endif
/* The same, then driver_start() for all that can be done with keys. */
void world_start(struct world *world);
void world_stop(struct world *world);
void world_restart(struct world *world);
/* Stops what runs, and removes the directory; what was removed before stays so. */
void world_remove(struct world *world);

/* Byte i is first + i: all distinct, up to 256. */
void count_up(uint8_t *out, size_t len, uint8_t first);

/*
 * Arms a fault of the virtual chip (virtual/chip/virtual.h) at the `group`th group from the last start: the driver
 * sends nothing while it starts, so that 1 is the first group of the next operation.
 */
void world_arm(struct world *world, const char *kind, unsigned group);

/* Whether PSA knows a key with this id. */
bool world_has_key(psa_key_id_t id);

/* What a PSA call on this device answered; a wrong one prints the driver's last error. */
void world_expect(const struct world *world, psa_status_t status, psa_status_t expected);
/* The same with the machine's word for why. */
void world_expect_reason(const struct world *world, psa_status_t status, psa_status_t expected,
                         enum error_reason reason);

/* Attributes of a P-256 key pair of the chip, ECDSA(ANY_HASH), SIGN_HASH and VERIFY_HASH; with `slot` where >= 0. */
psa_key_attributes_t world_key_pair(psa_key_id_t id, int slot);
psa_key_attributes_t world_public_key(psa_key_id_t id, int slot);

/* Generates such a key pair in the chip, or registers the one that is in the slot, by PSA. */
psa_status_t world_generate(psa_key_id_t id, int slot);
psa_status_t world_register(psa_key_id_t id, int slot);

/* The slot number in the key's record; fails the test when there is no such record. */
uint64_t world_slot_of(struct world *world, psa_key_id_t id);

/* X | Y that the chip computes or reads for `slot`, past PSA; false when the slot gives none. */
bool world_slot_public(struct world *world, uint8_t slot, uint8_t public_key[static 64]);
/* Freezes one slot, past PSA. */
void world_lock_slot(struct world *world, uint8_t slot);
/* GenKey past PSA: a key that nobody claims. */
void world_fill_slot(struct world *world, uint8_t slot);

/* Signs with PSA and checks with libcrypto that the key of `point` did. */
void world_prove(const struct world *world, psa_key_id_t id, const uint8_t point[static P256_POINT_BYTES]);
/* Exports the public key, then proves it. */
void world_prove_key(const struct world *world, psa_key_id_t id);

#endif
