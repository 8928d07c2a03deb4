/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files of a device's certificate, in the folder of its record: NAME.crt, the certificate and its issuers in PEM;
 * NAME.tbs, what an issuer of this station was asked to sign; NAME.p10, the request that somebody else's issuer gets.
 */
#ifndef IMPRINT_STATION_CERTIFICATE_FILES_H
#define IMPRINT_STATION_CERTIFICATE_FILES_H

#include "issuer/issuer.h"
#include "station/certificate_check.h"
#include "station/station.h"

/* The path of NAME.ENDING. False with a reason. */
bool certificate_files_path(const struct station_config *config, const struct certificate_wanted *wanted,
                            const char *ending, char path[static PATH_MAX], struct error *err);

/* Reads `issued->path` and checks it. True with `issued->len` 0 where there is no such file. */
bool certificate_files_load(struct certificate_wanted *wanted, struct certificate_issued *issued, struct error *err);

/* The public key of the certificate in the file NAME.crt at `path`, which is not checked. False where there is none. */
bool certificate_files_read_key(const char *path, uint8_t point[static P256_POINT_BYTES]);

/* Writes `issued->path`: the certificate, then the chain of its issuer. False with ERROR_RECORD_FAILED. */
bool certificate_files_store(const struct certificate_issued *issued, const struct issuer *issuer, struct error *err);

/* Writes NAME.tbs or NAME.p10 at `path`, making the folder. False with ERROR_RECORD_FAILED. */
bool certificate_files_keep(const char *path, struct bytes content, struct error *err);

#endif
