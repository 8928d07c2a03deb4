/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proof: a finished key shows that it works, and the finished chip that it is what the profile wants. Signatures made
 * by the chip are verified in software by Mbed TLS, with the public key read from the chip.
 */
#ifndef IMPRINT_PROVISION_PROVE_H
#define IMPRINT_PROVISION_PROVE_H

#include "provision/provision.h"

/*
 * Proves one key: reads its public key, lets it sign a fresh challenge where its usage says so, verifies. A public key
 * that the profile imports is compared with its source. Fills `evidence` but for `created`.
 */
enum provision_status provision_prove_key(struct provision *provision, const struct profile_key *key, uint8_t slot,
                                          struct provision_key_evidence *evidence, struct error *err);

/*
 * Whether the public key that the chip shows for `key` is the one of the key to import, `source` in PSA's format. The
 * check that makes an import more than a hope.
 */
enum provision_status provision_compare_import(struct provision *provision, const struct profile_key *key,
                                               struct bytes source, struct error *err);

/* Reads the config zone again and compares policy and locks with what the profile wants. `config` gets it. */
enum provision_status provision_prove_config(struct provision *provision, const struct provision_plan *plan,
                                             struct chip_config *config, struct error *err);

#endif
