/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a product's application needs to put the certificates of a profile together again from the chip's slots: C
 * source with a table for cert/slot_source.h. The issuers are those of the station's issuers file; their keys are not
 * needed.
 */
#ifndef IMPRINT_STATION_CERTIFICATE_TEMPLATES_H
#define IMPRINT_STATION_CERTIFICATE_TEMPLATES_H

#include <stdio.h>

#include "profile/profile.h"
#include "station/station.h"

/*
 * Prints the definition of `const struct cert_slot_source NAME[]` and `const size_t NAME_count`: the same for the same
 * profile and issuers. `name` is valid in C. False with ERROR_PROFILE_CONFLICT where no certificate is kept in a slot,
 * or why an issuer's certificate cannot be read; `stream` then has a part. The caller checks `stream` for errors.
 */
bool certificate_templates_print(FILE *stream, const struct station_config *config, const struct profile *profile,
                                 const char *name, struct error *err);

#endif
