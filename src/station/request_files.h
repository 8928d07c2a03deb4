/* SPDX-License-Identifier: Apache-2.0 */
/* Certificate requests that this station makes: signed by a key of the session's chip, checked, kept beside the record.
 */
#ifndef IMPRINT_STATION_REQUEST_FILES_H
#define IMPRINT_STATION_REQUEST_FILES_H

#include "profile/profile.h"
#include "provision/provision.h"
#include "station/pem.h"
#include "station/session.h"

/*
 * Has `key_id` sign a request with this subject and these attributes (cert_make_request_with()), appended to `der`.
 * False with a reason.
 */
bool request_files_sign(struct session *session, psa_key_id_t key_id, const char *subject, struct bytes attributes,
                        struct bytes_out *der, struct error *err);

/*
 * Makes a request for `key_id`, whose public key is `point`, with `subject`, checks it (cert/check_request.h) and
 * writes it as PEM. False with a reason.
 */
bool request_files_make(struct session *session, psa_key_id_t key_id, const uint8_t point[static P256_POINT_BYTES],
                        const char *subject, char pem[static PEM_MAX], struct error *err);

/* The file of the request for the profile's key, in the folder of the device's record: NAME.csr. */
bool request_files_path(const struct station_config *config, const uint8_t serial[static CHIP_SERIAL_BYTES],
                        const struct profile_key *key, char path[static PATH_MAX], struct error *err);

/*
 * Whether the PEM file at `path` is a request for the key with this public key, with this subject. `pem` gets its
 * content then.
 */
bool request_files_is_kept(const char *path, const uint8_t point[static P256_POINT_BYTES], const char *subject,
                           char pem[static PEM_MAX]);

/*
 * Whether the device with this serial number needs no new request for the profile's key, whose public key is `point`:
 * the profile asks for none, or it is beside the record.
 */
bool request_files_need_nothing(const struct station_config *config, const struct profile_key *key,
                                const uint8_t serial[static CHIP_SERIAL_BYTES],
                                const uint8_t point[static P256_POINT_BYTES]);

/*
 * Sees to it that the file of a proven key with `csr-subject` holds a request for this key and subject. A file that
 * does is left as it is, so that what was sent to a certificate authority stays what is here; else a new request is
 * made and the file is replaced. `pem` gets the content. False with ERROR_RECORD_FAILED where it cannot be written, or
 * where a key that counts its uses would have to sign and was only compared: nobody has armed that.
 */
bool request_files_keep(struct session *session, const struct profile_key *key,
                        const struct provision_key_evidence *evidence, const char *path, char pem[static PEM_MAX],
                        struct error *err);

#endif
