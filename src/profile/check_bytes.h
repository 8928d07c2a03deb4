/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules for `configuration: bytes`: a part of profile_find_conflict() (profile/check.h). The bytes come from
 * somebody else, so each entry's slot is asked whether it permits what the entry needs.
 */
#ifndef IMPRINT_PROFILE_CHECK_BYTES_H
#define IMPRINT_PROFILE_CHECK_BYTES_H

#include "profile/check.h"

/*
 * Finds the first entry that the profile's bytes do not permit, and slots that no part can have. False of any other
 * configuration.
 */
bool profile_find_bytes_conflict(const struct profile *profile, struct profile_conflict *conflict);

/*
 * What makes a part useless whatever the profile says: each true for a config zone that has it, with the first such
 * slot. The lock gate asks the chip's own zone the same (provision/gate.c).
 */
bool profile_zone_is_shifted(const struct chip_config *config, uint8_t *slot);   /* a KeyConfig that no part can have */
bool profile_zone_has_dead_key(const struct chip_config *config, uint8_t *slot); /* Private, but never usable */
bool profile_zone_has_dead_write(const struct chip_config *config, uint8_t *slot); /* WriteKey names a private key */

#endif
