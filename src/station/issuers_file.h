/* SPDX-License-Identifier: Apache-2.0 */
/* Which issuers file a station uses, and its issuers (issuer/issuers.h). */
#ifndef IMPRINT_STATION_ISSUERS_FILE_H
#define IMPRINT_STATION_ISSUERS_FILE_H

#include "issuer/issuers.h"
#include "station/station.h"

/* The file's path: as `config->issuers` says, else STATE/issuers.yaml. False with a reason: no state folder. */
bool issuers_file_find(const struct station_config *config, char path[static PATH_MAX], struct error *err);

/*
 * Opens the issuer `name` of the station's issuers file, for issuer_close(). `prompt` is asked where a secret is needed
 * that no file holds. False with `*issuer` NULL and a reason, as issuers_read() and issuer_open() have it.
 */
bool issuers_file_open(const struct station_config *config, const char *name, const struct issuer_prompt *prompt,
                       struct issuer **issuer, struct error *err);

/* The same of one that is to sign manifests (ISSUER_FOR_MANIFESTS): its key is here, in a file or a token. */
bool issuers_file_open_for_manifests(const struct station_config *config, const char *name,
                                     const struct issuer_prompt *prompt, struct issuer **issuer, struct error *err);

/* The same of its certificates alone, as issuer_open_certificates() has it. */
bool issuers_file_open_certificates(const struct station_config *config, const char *name, struct issuer **issuer,
                                    struct error *err);

/*
 * Where the key of this issuer is, as the issuers file says. Opens nothing. False with a reason, as issuers_read() and
 * issuers_find() have it.
 */
bool issuers_file_kind(const struct station_config *config, const char *name, enum issuer_kind *kind,
                       struct error *err);

#endif
