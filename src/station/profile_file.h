/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IMPRINT_STATION_PROFILE_FILE_H
#define IMPRINT_STATION_PROFILE_FILE_H

#include "base/error.h"
#include "profile/profile.h"

/* Reads and checks the profile in the file `path`. False with a reason that names file, line and column. */
bool profile_file_read(const char *path, struct profile *profile, struct error *err);

#endif
