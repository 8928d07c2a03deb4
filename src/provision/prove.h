/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proof: a finished key shows that it works, and the finished chip that it is what the profile wants. Signatures made
 * by the chip are verified in software by Mbed TLS, with the public key read from the chip.
 */
#ifndef IMPRINT_PROVISION_PROVE_H
#define IMPRINT_PROVISION_PROVE_H

#include "provision/provision.h"

/*
 * Proves the key that `step` is about: reads its public key, compares that of a key which the profile imports with the
 * one of its source, lets it sign a fresh challenge where its usage says so, verifies. Fills `evidence`, all zero but
 * for `created`. Which key and slot failed is for the caller to say.
 * On a `finished` device, where this run changes nothing, a private key is compared only where its source is at
 * hand: a device that is done can be confirmed without it.
 */
enum provision_status provision_prove_key(struct provision *provision, const struct provision_step *step, bool finished,
                                          struct provision_key_evidence *evidence, struct error *err);

/* The ability (enum chip_ability) without which a slot cannot show the key's public part, and so never prove it. */
uint32_t provision_proof_needs(const struct profile_key *key);

/* Reads the config zone afresh into `config`. False with the reason, also when it is another chip's than the plan's. */
bool provision_look_again(struct provision *provision, const struct provision_plan *plan, struct chip_config *config,
                          struct error *err);

/* Does that, and compares policy and locks with what the profile wants. */
bool provision_prove_config(struct provision *provision, const struct provision_plan *plan, struct chip_config *config,
                            struct error *err);

#endif
