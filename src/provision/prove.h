/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proof that a finished key works, and that the finished chip is what the profile describes. Signatures made by the
 * chip are verified in software by Mbed TLS, with the public key read from the chip.
 */
#ifndef IMPRINT_PROVISION_PROVE_H
#define IMPRINT_PROVISION_PROVE_H

#include "provision/provision.h"

/*
 * Proves the key of `step`: reads its public key, compares an imported key with its file, has a signing key sign the
 * proof text (link/proof.h) of the device with this `serial`, and verifies the signature: of a `finished` device that
 * signs a station's nonce, the station alone does. Fills `evidence`, which is
 * zero except for `created`. The caller adds key and slot to the error. On a `finished` device, where this run changes
 * nothing, a private key is compared only if its file is available: the file is not needed to confirm a device.
 */
enum provision_status provision_prove_key(struct provision *provision, const struct provision_step *step, bool finished,
                                          const uint8_t serial[static CHIP_SERIAL_BYTES],
                                          struct provision_key_evidence *evidence, struct error *err);

/* The ability (enum chip_ability) by which a slot shows the public key: without it the key cannot be proven. */
uint32_t provision_proof_needs(const struct profile_key *key);

/*
 * Reads again what can have changed in the config zone, into `config`, and compares policy and locks with plan and
 * profile. That the chip is the plan's still, the executor sees to (chip/chip.h).
 */
bool provision_prove_config(struct provision *provision, const struct provision_plan *plan, struct chip_config *config,
                            struct error *err);

#endif
