/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The skills themselves (struct provision_skills), each in a file of its own; those that are more than one function are
 * in fill.h and gate.h.
 */
#ifndef IMPRINT_PROVISION_SKILLS_H
#define IMPRINT_PROVISION_SKILLS_H

#include "provision/provision.h"

/* Writes the wanted config zone and reads it back. */
enum provision_status provision_write_config(struct provision *provision, const struct provision_plan *plan,
                                             struct error *err);

/* Asks for the key (callbacks.import_key), imports it with `attributes`, and wipes it. */
enum provision_status provision_import_key(struct provision *provision, const struct profile_key *key,
                                           const psa_key_attributes_t *attributes, struct error *err);

/*
 * Whether the public key `point` that the chip shows is the one of the key that the profile imports. A record with the
 * right attributes does not say so: the run that made it may have been cut short, and the file been corrected since. On
 * a `finished` device a private key is compared only where its source is at hand.
 */
enum provision_status provision_prove_import(struct provision *provision, const struct profile_key *key,
                                             const uint8_t *point, bool finished, struct error *err);

#endif
