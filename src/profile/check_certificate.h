/* SPDX-License-Identifier: Apache-2.0 */
/* The rules for a profile's certificates: a part of profile_find_conflict() (profile/check.h). */
#ifndef IMPRINT_PROFILE_CHECK_CERTIFICATE_H
#define IMPRINT_PROFILE_CHECK_CERTIFICATE_H

#include "profile/check.h"

/* Finds the first rule that a value of a certificate breaks. Called before the keys are compared with each other. */
bool profile_find_certificate_value(const struct profile *profile, struct profile_conflict *conflict);

/* Finds the first contradiction of a certificate with the rest of the profile, whose other values are checked. */
bool profile_find_certificate_conflict(const struct profile *profile, struct profile_conflict *conflict);

#endif
