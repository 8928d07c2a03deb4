/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates that a station has had issued for a device: the files NAME.crt in the folder of its record. */
#ifndef IMPRINT_STATION_OWN_CERTIFICATE_H
#define IMPRINT_STATION_OWN_CERTIFICATE_H

#include <limits.h>

#include "base/p256.h"
#include "station/folder.h"

/*
 * Finds the file whose first certificate is for the key with this public key: PEM, the device's certificate, then those
 * above it. `path` is "" where there is none; what is no certificate is passed over. False with ERROR_USAGE where
 * several are for this key, so that the user must say which, and where the folder cannot be read.
 */
bool own_certificate_find(const struct station_config *config, const uint8_t serial[static CHIP_SERIAL_BYTES],
                          const uint8_t point[static P256_POINT_BYTES], char path[static PATH_MAX], struct error *err);

#endif
