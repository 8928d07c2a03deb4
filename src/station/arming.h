/* SPDX-License-Identifier: Apache-2.0 */
/* What --arm allows. */
#ifndef IMPRINT_STATION_ARMING_H
#define IMPRINT_STATION_ARMING_H

#include "chip/chip.h"
#include "base/error.h"
#include "provision/provision.h"

/* Zero-initialised: nothing is armed. */
struct arming {
    bool for_profile, for_serial;
    uint8_t serial[CHIP_SERIAL_BYTES];
};

/* Reads the value of --arm; NULL arms nothing. False with ERROR_USAGE. */
bool arming_read(struct arming *arming, const char *what, struct error *err);

/* Whether the device with this serial number may be changed for ever. */
bool arming_allows(const struct arming *arming, const uint8_t serial[static CHIP_SERIAL_BYTES]);

/* False with ERROR_NOT_ARMED when the plan has such steps to do and they are not armed. */
bool arming_check_plan(const struct arming *arming, const struct provision_plan *plan, struct error *err);

#endif
