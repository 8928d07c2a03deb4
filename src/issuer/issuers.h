/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The issuers file of a station: its issuers by name, in YAML (docs/reference/issuers.md). A profile names an issuer;
 * where that is and what opens it is the station's matter, and stands here. Reading it opens no issuer.
 */
#ifndef IMPRINT_ISSUER_ISSUERS_H
#define IMPRINT_ISSUER_ISSUERS_H

#include "issuer/issuer.h"

#define ISSUERS_MAX 16

struct issuers;

/*
 * Reads and checks the file. Relative names of files in it start in its folder. `*issuers` is the caller's, for
 * issuers_free(). False with `*issuers` NULL and ERROR_INPUT_FILE: file, line and column, what was found and expected;
 * also for a file that every user of this machine can write.
 */
bool issuers_read(const char *path, struct issuers **issuers, struct error *err);

/* NULL is allowed. */
void issuers_free(struct issuers *issuers);

/* How many there are: 1 to ISSUERS_MAX. */
size_t issuers_count(const struct issuers *issuers);

/* The settings of one, in the file's order, for issuer_open(); `prompt` is empty. Valid until issuers_free(). */
const struct issuer_config *issuers_at(const struct issuers *issuers, size_t index);

/* The settings of the one with this name; NULL with ERROR_ISSUER_INVALID, and the nearest name as a suggestion. */
const struct issuer_config *issuers_find(const struct issuers *issuers, const char *name, struct error *err);

#endif
