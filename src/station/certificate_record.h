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

#endif
