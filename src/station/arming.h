/* SPDX-License-Identifier: Apache-2.0 */
/* Which device a run may touch (--only, --finished), and which it may change for ever (--arm). */
#ifndef IMPRINT_STATION_ARMING_H
#define IMPRINT_STATION_ARMING_H

#include "chip/chip.h"
#include "base/error.h"
#include "provision/provision.h"

#define ARMING_DIGITS 16 /* of a digest, to arm a device: enough for 1 in 2^64, short on a noisy console */

/* Zero-initialised: nothing is armed, and any device may be touched. */
struct arming {
    bool for_profile, for_serial;
    uint8_t serial[CHIP_SERIAL_BYTES];
    uint8_t digest[PROFILE_DIGEST_BYTES]; /* with `for_serial`: how the profile's digest must begin */
    size_t digest_bytes;                  /* 0: any profile */
    bool has_only;
    uint8_t only[CHIP_SERIAL_BYTES];
    bool only_finished; /* a device that would be changed is refused */
};

/*
 * Reads the values of --arm (SERIAL, SERIAL:DIGEST or "profile") and --only (SERIAL); NULL where an option was not
 * given. DIGEST is the profile's digest or its beginning, at least 8 hex digits. False with ERROR_USAGE.
 */
bool arming_read(struct arming *arming, const char *arm, const char *only, struct error *err);

/* Whether the device with this serial number may be changed for ever by the profile with this digest. */
bool arming_allows(const struct arming *arming, const uint8_t serial[static CHIP_SERIAL_BYTES],
                   const uint8_t digest[static PROFILE_DIGEST_BYTES]);

/*
 * False with ERROR_WRONG_PART when --only names another device than the plan's; with ERROR_NOT_ARMED when the plan
 * would change a device and the run is only for finished ones.
 */
bool arming_check_device(const struct arming *arming, const struct provision_plan *plan, struct error *err);

/*
 * Reads what --confirm waits for: SERIAL:DIGEST, which arms as --arm does, or SERIAL, which arms nothing more than was
 * armed before. False with ERROR_USAGE when the line is neither, or names another device than the plan's.
 */
bool arming_confirm(struct arming *arming, const char *line, const struct provision_plan *plan, struct error *err);

/*
 * False with ERROR_NOT_ARMED when the plan has irreversible steps to do and they are not armed for it, and when --arm
 * names another device or profile, whatever is to do.
 */
bool arming_check_plan(const struct arming *arming, const struct profile *profile, const struct provision_plan *plan,
                       struct error *err);

#endif
