/* SPDX-License-Identifier: Apache-2.0 */
/* The files of a certificate authority for rehearsals (issuer/rehearsal_ca.h), in the state folder. */
#ifndef IMPRINT_STATION_REHEARSAL_CA_FILES_H
#define IMPRINT_STATION_REHEARSAL_CA_FILES_H

#include "base/error.h"
#include "station/station.h"

/* The issuer's name in the issuers file, unless another is asked for. */
#define REHEARSAL_CA_ISSUER "rehearsal"

struct rehearsal_ca_files {
    char folder[PATH_MAX];  /* STATE/ca, with root.key, root.pem, signer.key, signer.pem */
    char issuers[PATH_MAX]; /* STATE/issuers.yaml */
    bool made_issuers;      /* it was not there, and was written; else it is as it was */
};

/*
 * Makes a new authority and writes its files, and an issuers file with the issuer `name` where the state folder has
 * none. False with a reason: there is one already, or `name` is none that profiles can have (ERROR_USAGE), or a file
 * cannot be written (ERROR_OUTPUT_FAILED). Whatever moment it is cut off at, the same call finishes the job: the
 * signer's key, which it looks for, is written last but for the issuers file.
 */
bool rehearsal_ca_files_make(const struct station_config *config, const char *name, struct rehearsal_ca_files *files,
                             struct error *err);

#endif
