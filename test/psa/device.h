/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A whole device for the driver's tests: virtual chip, chip layer, file storage, driver and the real PSA core, in a
 * directory of its own. Starting and stopping it is switching the device on and off; checks of signatures and requests
 * are made with libcrypto, which none of the code under test uses. Failures of the set-up itself end the test.
 */
#ifndef IMPRINT_TEST_DRIVER_DEVICE_H
#define IMPRINT_TEST_DRIVER_DEVICE_H

#include "chip/chip.h"
#include <imprint/psa.h>
#include "psa/driver.h"
#include "psa/start.h"
#include "storage/file.h"
#include "storage/storage.h"
#include "transport/virtual.h"
#include "virtual/chip/virtual.h"

#define DEVICE_POINT_BYTES 65

enum device_kind {
    DEVICE_TRUST_AND_GO,        /* slots 0 to 4 filled, both zones locked */
    DEVICE_TRUST_FLEX,          /* the same, with public-key slots that can be written */
    DEVICE_BLANK,               /* factory default, config zone unlocked */
    DEVICE_BLANK_CONFIG_LOCKED, /* factory default, config zone locked, data zone unlocked, all slots empty */
    DEVICE_BLANK_LOCKED,        /* factory default, both zones locked, all slots empty */
    DEVICE_VARIED,              /* one slot for each policy the driver tells apart: device_varied_policies */
    DEVICE_VARIED_LOCKED,       /* the same, data zone locked; slot 15 holds DEVICE_WRITE_KEY */
};

/* SlotConfig and KeyConfig of DEVICE_VARIED, as words. */
struct device_policy {
    uint16_t slot_config, key_config;
};
extern const struct device_policy device_varied_policies[CHIP_SLOTS];

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
extern const uint8_t device_write_key[32];

struct device {
    char directory[256], chip_path[300], store_path[300];
    const struct storage_file_system *system; /* NULL: the real one */
    struct driver_settings settings;          /* for the next start */
    struct virtual_chip *part;
    struct transport_virtual transport;
    struct chip chip;
    struct storage_file file;
    struct storage storage;
    struct driver driver;
    struct its its;
};

/* Makes the part in a new directory. Not started. */
void device_make(struct device *device, enum device_kind kind);
/* The same of the blank part with other slot policies, config zone locked; `data_locked`: and keys in private slots. */
void device_make_with(struct device *device, const struct device_policy policies[static CHIP_SLOTS], bool data_locked);
/* Power on, storage mounted, driver bound and registered, psa_crypto_init() done. */
void device_start(struct device *device);
/* The same up to, but without, psa_register_se_driver() and psa_crypto_init(). */
void device_start_unregistered(struct device *device);
void device_stop(struct device *device);
void device_restart(struct device *device);
/* Stops it where it runs, and removes the directory. */
void device_remove(struct device *device);

/*
 * Arms a fault of the virtual chip (virtual/chip/virtual.h) at the `group`th group from the last start: the driver
 * sends nothing while it starts, so that 1 is the first group of the next operation.
 */
void device_arm(struct device *device, const char *kind, unsigned group);

/* What a PSA call on this device answered; a wrong one prints the driver's last error. */
void device_expect(const struct device *device, psa_status_t status, psa_status_t expected);
/* The same with the machine's word for why. */
void device_expect_reason(const struct device *device, psa_status_t status, psa_status_t expected,
                          enum error_reason reason);

/* Attributes of a P-256 key pair of the chip, ECDSA(ANY_HASH), SIGN_HASH and VERIFY_HASH; with `slot` where >= 0. */
psa_key_attributes_t device_key_pair(psa_key_id_t id, int slot);
psa_key_attributes_t device_public_key(psa_key_id_t id, int slot);

/* X | Y that the chip computes or reads for `slot`, past PSA; false when the slot gives none. */
bool device_slot_public(struct device *device, uint8_t slot, uint8_t public_key[static 64]);
/* Freezes one slot, past PSA. */
void device_lock_slot(struct device *device, uint8_t slot);
/* GenKey past PSA: a key that nobody claims. */
void device_fill_slot(struct device *device, uint8_t slot);

/* --- libcrypto's opinion --- */
bool outside_verify(const uint8_t point[static DEVICE_POINT_BYTES], const uint8_t *digest, size_t digest_len,
                    const uint8_t signature[static 64]);
/* A fresh P-256 key. */
void outside_make_key(uint8_t scalar[static 32], uint8_t point[static DEVICE_POINT_BYTES]);
/* Signs with a private key as PSA exports it. */
void outside_sign(const uint8_t scalar[static 32], const uint8_t *digest, size_t digest_len,
                  uint8_t signature[static 64]);

/* Signs with PSA and checks with libcrypto that the key of `point` did. */
void device_prove(const struct device *device, psa_key_id_t id, const uint8_t point[static DEVICE_POINT_BYTES]);
/* Exports the public key, then proves it. */
void device_prove_key(const struct device *device, psa_key_id_t id);

#endif
