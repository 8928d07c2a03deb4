/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file that chip.configuration-file names: a config zone dump or a Trust Platform XML, from which a profile with
 * `configuration: bytes` has its bytes and its I2C address. Host only.
 */
#ifndef IMPRINT_PROFILE_CONFIGURATION_H
#define IMPRINT_PROFILE_CONFIGURATION_H

#include "profile/check.h"
#include "profile/text/schema.h"

/* Room for what is wrong with a file, its name included. */
#define CONFIGURATION_CAUSE_MAX (PROFILE_SOURCE_MAX + 160)

/*
 * Reads the file, relative to the folder in which the profile `path` is, into document->profile. `path` NULL: the
 * profile is not in a file, so that it cannot name one. Another configuration needs no file, and then nothing is done.
 * False with a conflict, whose cause may lie in `cause`.
 */
bool configuration_read(struct schema_document *document, const char *path, struct profile_conflict *conflict,
                        char cause[static CONFIGURATION_CAUSE_MAX]);

#endif
