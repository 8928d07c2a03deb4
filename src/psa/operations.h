/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operations on the chip's slots in PSA's terms: the one copy that every shell (SE_C now, the unified opaque driver
 * later) calls. All return a psa_status_t, put the chip to sleep when done, and note the reason of a failure in the
 * driver's last_error, which must be clean before; after success it says at most what was done, and the shell clears
 * it. A slot that no chip has is a failure as well.
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
 * key is read back and compared; of a key pair it is only asked that the chip computes a public key: comparing that
 * with the scalar's takes elliptic curves, and is the caller's (provision/prove.c does it). `*bits` gets 256.
 */
psa_status_t driver_import_key(struct driver *driver, uint8_t slot, psa_key_type_t type, struct bytes key,
                               size_t *bits);

/* The public key as 65 bytes 04|X|Y: computed from a private key, or read from a public-key slot. */
psa_status_t driver_export_public_key(struct driver *driver, uint8_t slot, struct bytes_out *out);

/*
 * Signs `hash` (64 bytes r|s come out). `algorithm` must be randomized ECDSA. A hash longer than 32 bytes is cut to its
 * leftmost 32, a shorter one padded with zeros on the left, as ECDSA says for P-256; its length must be that of the
 * algorithm's hash, or of any SHA for ECDSA(ANY_HASH).
 */
psa_status_t driver_sign_hash(struct driver *driver, uint8_t slot, psa_algorithm_t algorithm, struct bytes hash,
                              struct bytes_out *signature);

/* Verifies with the chip: PSA_ERROR_INVALID_SIGNATURE when it does not match. */
psa_status_t driver_verify_hash(struct driver *driver, uint8_t slot, psa_algorithm_t algorithm, struct bytes hash,
                                struct bytes signature);

/*
 * Puts a random key that nobody knows in place of what `slot` (of the chip's) holds, where no key id but `except_id`
 * (0: none) points to it and the slot may be generated in: it is scrap from then on. Elsewhere the slot is left as it
 * is, which is no failure, and is no scrap. PSA_ERROR_INSUFFICIENT_STORAGE when there was no room to note that. May
 * leave the chip awake.
 */
psa_status_t driver_erase_slot(struct driver *driver, uint8_t slot, uint32_t except_id);

/*
 * Makes the key of `key_id` unusable: where the slot allows and no other key id points to it, GenKey puts a random key
 * in its place that nobody knows; elsewhere the key stays in the chip and only the caller's record is removed.
 * PSA_ERROR_INSUFFICIENT_STORAGE: the key is destroyed, but there was no room to note that the slot is scrap. After any
 * other failure the key may still be in the chip, and its record must stay.
 */
psa_status_t driver_destroy_key(struct driver *driver, uint8_t slot, uint32_t key_id);

#endif
