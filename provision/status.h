/* SPDX-License-Identifier: Apache-2.0 */
/* What the engine's files share, private to provision/: how failures of the lower floors become the engine's. */
#ifndef IMPRINT_PROVISION_STATUS_H
#define IMPRINT_PROVISION_STATUS_H

#include <psa/crypto.h>

#include "provision/provision.h"

/*
 * Notes why a PSA call failed: the driver's reason where it has one (it knows slot and rule), else what PSA's status
 * means for a caller. `key` may be NULL.
 */
enum provision_status provision_psa_failed(const struct provision *provision, psa_status_t status,
                                           const struct profile_key *key, struct error *err);

/* The engine's status for an error whose reason is set. */
enum provision_status provision_status_of(const struct error *err);

/*
 * Driver settings for making `key`: what it may replace, and which slots automatic choice leaves alone (`taken`, and
 * those that other keys of the profile name). The caller restores the settings afterwards.
 */
void provision_apply_settings(struct provision *provision, const struct profile_key *key, uint16_t taken);

#endif
