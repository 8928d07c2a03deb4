/* SPDX-License-Identifier: Apache-2.0 */
/* The rules for a profile's data: a part of profile_find_conflict() (profile/check.h). */
#ifndef IMPRINT_PROFILE_CHECK_DATA_H
#define IMPRINT_PROFILE_CHECK_DATA_H

#include "profile/check.h"

/* Finds the first rule that a value of an entry breaks. Called before the keys are compared with each other. */
bool profile_find_datum_value(const struct profile *profile, struct profile_conflict *conflict);

/* Finds the first contradiction of an entry with the rest of the profile, whose other values are checked. */
bool profile_find_datum_conflict(const struct profile *profile, struct profile_conflict *conflict);

#endif
