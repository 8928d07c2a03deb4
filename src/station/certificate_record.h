/* SPDX-License-Identifier: Apache-2.0 */
/* What the record says of a device's certificates. */
#ifndef IMPRINT_STATION_CERTIFICATE_RECORD_H
#define IMPRINT_STATION_CERTIFICATE_RECORD_H

#include <jansson.h>

#include "station/certificate_issue.h"

/*
 * What is there of the profile's certificates, as a list of objects: docs/reference/record.md, `certificates`. The
 * caller's reference; NULL without memory.
 */
json_t *certificate_record_value(const struct certificate_issue *issue, const uint8_t serial[static CHIP_SERIAL_BYTES]);

/*
 * Whether a certificate that is there (DER) is by the issuer that the profile names now, as far as `record` tells: the
 * device's record, NULL for none. False with ERROR_CERTIFICATE_DIFFERS: it is by one with another name.
 */
bool certificate_record_check_issuer(const json_t *record, const struct profile_certificate *certificate,
                                     struct bytes der, struct error *err);

#endif
