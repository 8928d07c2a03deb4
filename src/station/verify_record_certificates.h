/* SPDX-License-Identifier: Apache-2.0 */
/* What a record says of certificates and connections, held against the rest of the record: for verify_record.c. */
#ifndef IMPRINT_STATION_VERIFY_RECORD_CERTIFICATES_H
#define IMPRINT_STATION_VERIFY_RECORD_CERTIFICATES_H

#include <stdbool.h>

#include <jansson.h>

/*
 * Whether an object of the record's `certificates` holds: it is a certificate for the public key that the record has
 * under its key id, with this hash and this serial number. PSA Crypto is started. Who issued it is not looked at: the
 * record has no certificate of the issuer's.
 */
bool verify_record_certificates_check(const json_t *record, const json_t *certificate);

/* Whether an object of the record's `connections` is about a certificate that the record has, and about its key. */
bool verify_record_certificates_check_connection(const json_t *record, const json_t *connection);

#endif
