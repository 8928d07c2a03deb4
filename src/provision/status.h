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

/* Random numbers of PSA's: a board's are the chip's, unless its port has others. */
enum provision_status provision_random(const struct provision *provision, uint8_t *out, size_t len, struct error *err);

/* The key that a step is about; it has one. */
const struct profile_key *provision_key_of(const struct provision *provision, const struct provision_step *step);

/* The engine's status for an error whose reason is set. */
enum provision_status provision_status_of(const struct error *err);

/*
 * Sets the driver as the engine needs it: the chip stays awake between two calls, nothing is asked of it twice,
 * automatic choice avoids the slots that keys of the profile name. `before` gets the driver's settings, for
 * provision_restore_driver().
 */
void provision_prepare_driver(struct provision *provision, struct driver_settings *before);

/* Restores the settings; the chip is left as it is. PROVISION_OK if `ok`, else the status for `err`. */
enum provision_status provision_restore_driver(struct provision *provision, const struct driver_settings *before,
                                               bool ok, const struct error *err);

/*
 * Reads the record of the profile's key. A key id that exists must be that key: same attributes, and the same slot
 * where the profile names one; otherwise `err` gets a reason although the status is PSA_SUCCESS. `fresh`: read from the
 * store, not from what PSA remembers. `slot` gets the key's slot. A key that does not exist is no error: `err` stays.
 */
psa_status_t provision_read_record(struct driver *driver, const struct profile_key *key, bool fresh, uint8_t *slot,
                                   struct error *err);

/* Whether `config` has the planned policy. If not, `err` gets the first byte that differs; the caller adds the reason.
 */
bool provision_same_policy(const struct provision_plan *plan, const struct chip_config *config, struct error *err);

#endif
