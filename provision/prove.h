/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proof: a finished key shows that it works, and the finished chip that it is what the profile wants. Signatures made
 * by the chip are verified in software by Mbed TLS, with the public key read from the chip.
 */
#ifndef IMPRINT_PROVISION_PROVE_H
#define IMPRINT_PROVISION_PROVE_H

#include "provision/provision.h"

/*
 * Proves one key: reads its public key, compares that of a key which the profile imports with the one of its source,
 * lets it sign a fresh challenge where its usage says so, verifies. Fills `evidence` but for `created`.
 * On a `finished` device, where this run changes nothing, a private key is compared only where its source is at
 * hand: a device that is done can be confirmed without it.
 */
enum provision_status provision_prove_key(struct provision *provision, const struct profile_key *key, uint8_t slot,
                                          bool finished, struct provision_key_evidence *evidence, struct error *err);

/* The ability (enum chip_ability) without which a slot cannot show the key's public part, and so never prove it. */
uint32_t provision_proof_needs(const struct profile_key *key);

/* Whether `config` is of the chip that the plan was made for; the reason in `err` where it is not. */
bool provision_same_chip(const struct provision_plan *plan, const struct chip_config *config, struct error *err);

/* Reads the config zone again and compares serial, policy and locks with what the profile wants. `config` gets it. */
enum provision_status provision_prove_config(struct provision *provision, const struct provision_plan *plan,
                                             struct chip_config *config, struct error *err);

#endif
