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

/* The key that a step is about; the step's key is not -1. */
const struct profile_key *provision_key_of(const struct provision *provision, const struct provision_step *step);

/* The engine's status for an error whose reason is set. */
enum provision_status provision_status_of(const struct error *err);

/*
 * The driver as the engine needs it while it works: the chip stays awake between two calls, automatic choice leaves
 * alone the slots that keys of the profile name, and the config zone is read afresh. `before` keeps its settings, to be
 * given to provision_end().
 */
void provision_begin(struct provision *provision, struct driver_settings *before);

/* Puts back the settings and lets the chip rest. PROVISION_OK, or what `err` says where it is not `ok`. */
enum provision_status provision_end(struct provision *provision, const struct driver_settings *before, bool ok,
                                    const struct error *err);

/*
 * Reads the record of the profile's key. A key id that exists must be that key: same attributes, and the same slot
 * where the profile names one. `fresh`: read from the store, not from what PSA remembers. `slot` gets where it is; else
 * `err` the reason, though PSA's status is success. No reason is noted where there is no such key.
 */
psa_status_t provision_read_record(struct driver *driver, const struct profile_key *key, bool fresh, uint8_t *slot,
                                   struct error *err);

/* Whether `config` has the wanted policy; the first byte that differs goes into `err`, as a detail of a reason to come.
 */
bool provision_same_policy(const struct provision_plan *plan, const struct chip_config *config, struct error *err);

#endif
