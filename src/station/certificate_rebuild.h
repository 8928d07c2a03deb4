/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Puts a device's certificate together again where its file is not here: on a second station, or after the state folder
 * was lost. The device holds it, whole under a PSA key id or in the 72 bytes of a slot; this station knows the rest:
 * the profile, the key, and the issuer's certificate. Nothing is believed: it is the certificate only if it passes
 * every check of one that was issued here, the issuer's signature included. No issuer's key is opened.
 */
#ifndef IMPRINT_STATION_CERTIFICATE_REBUILD_H
#define IMPRINT_STATION_CERTIFICATE_REBUILD_H

#include "station/certificate_check.h"
#include "station/device.h"
#include "station/station.h"

/*
 * Looks at the places that the profile names for the certificate. True with `issued->len` 0 where they hold none, or
 * one that is not the profile's by this issuer. Otherwise `issued` is filled, `is_rebuilt` too, and nothing is written.
 * False with a reason: the issuers file or the issuer's certificate cannot be read, so that what is there cannot be
 * told.
 */
bool certificate_rebuild(struct device *device, const struct station_config *config, struct certificate_wanted *wanted,
                         struct certificate_issued *issued, struct error *err);

#endif
