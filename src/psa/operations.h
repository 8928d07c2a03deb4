/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operations on the chip's slots in PSA's terms. Every shell calls them (SE_C now, the unified opaque driver later).
 * All return a psa_status_t and put the chip to sleep when done. The driver's last_error must be clear on entry and
 * holds the reason after a failure. After success it holds no reason, at most the operation's name, which the shell
 * clears. A slot number above 15 is a failure too.
 */
#ifndef IMPRINT_PSA_OPERATIONS_H
#define IMPRINT_PSA_OPERATIONS_H

#include <psa/crypto.h>

#include "psa/driver.h"

/* Generates in `slot`, which driver_choose_slot() or driver_check_slot() has just approved; checks claim and lock
 * again. */
psa_status_t driver_generate_key(struct driver *driver, uint8_t slot);

/*
 * Imports a P-256 key: 32-byte scalar for a key pair, 65 bytes 04|X|Y for a public key. Where the chip allows, a public
 * key is read back and compared; for a key pair the driver only checks that the chip can compute a public key.
 * Comparing it with the scalar's needs curve arithmetic, which the driver lacks; the caller does it
 * (provision/prove.c). `*bits` gets 256.
 */
psa_status_t driver_import_key(struct driver *driver, uint8_t slot, psa_key_type_t type, struct bytes key,
                               size_t *bits);

/* The public key as 65 bytes 04|X|Y: computed from a private key, or read from a public-key slot. */
psa_status_t driver_export_public_key(struct driver *driver, uint8_t slot, struct bytes_out *out);

/*
 * Signs `hash` (64 bytes r|s come out). `algorithm` must be randomized ECDSA. A hash longer than 32 bytes is cut to its
 * leftmost 32; a shorter one is padded with zeros on the left (FIPS 186-5, 6.4.1). Its length must be that of the
 * algorithm's hash, or of any SHA for ECDSA(ANY_HASH).
 */
psa_status_t driver_sign_hash(struct driver *driver, uint8_t slot, psa_algorithm_t algorithm, struct bytes hash,
                              struct bytes_out *signature);

/* Verifies with the chip: PSA_ERROR_INVALID_SIGNATURE when it does not match. */
psa_status_t driver_verify_hash(struct driver *driver, uint8_t slot, psa_algorithm_t algorithm, struct bytes hash,
                                struct bytes signature);

/*
 * Overwrites the content of `slot` with a new random key by GenKey, if the slot permits GenKey and no key id other than
 * `except_id` (0: none) points to it. The slot is then scrap. Otherwise the slot stays as it is and is not scrap; this
 * is a success too. PSA_ERROR_INSUFFICIENT_STORAGE when the store has no room to record the scrap. May leave the chip
 * awake.
 */
psa_status_t driver_erase_slot(struct driver *driver, uint8_t slot, uint32_t except_id);

/*
 * Makes the key of `key_id` unusable: if the slot permits GenKey and no other key id points to it, GenKey overwrites it
 * with a random key. Otherwise the key stays in the chip and the caller removes only its record.
 * PSA_ERROR_INSUFFICIENT_STORAGE: the key is destroyed, but the store has no room to record that the slot is scrap.
 * After any other failure the key may still be in the chip, and its record must stay.
 */
psa_status_t driver_destroy_key(struct driver *driver, uint8_t slot, uint32_t key_id);

#endif
