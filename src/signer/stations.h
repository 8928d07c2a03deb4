/* SPDX-License-Identifier: Apache-2.0 */
/* The stations that a signer knows: by the public key of their client certificates, so that a renewed certificate for
 * the same key is the same station. And how often each may ask. */
#ifndef IMPRINT_SIGNER_STATIONS_H
#define IMPRINT_SIGNER_STATIONS_H

#include <gnutls/x509.h>

#include "signer/rules.h"

#define SIGNER_KEY_ID_BYTES 32 /* SHA-256 of the SubjectPublicKeyInfo */

/* One station, and how many requests it may send now: a bucket that fills with its rate. */
struct signer_known {
    uint8_t id[SIGNER_KEY_ID_BYTES];
    uint32_t rate;
    double tokens;
    int64_t filled_ms;
};

/* In the order of the rule file; the last is for all strangers together. Zero-initialised: none. */
struct signer_stations {
    size_t count; /* of those in the rule file */
    struct signer_known known[SIGNER_STATIONS_MAX + 1];
};

/*
 * Reads the stations' certificates. Each must lead to one of `anchors` and be for a client; a certificate that has
 * ended passes here, for its key may be in a newer one. False with ERROR_INPUT_FILE.
 */
bool signer_stations_read(struct signer_stations *stations, const struct signer_rules *rules,
                          gnutls_x509_trust_list_t anchors, struct error *err);

/* The index of the station with this certificate (DER); `stations->count`: none has it. `id` gets its key's. */
size_t signer_stations_find(const struct signer_stations *stations, const gnutls_datum_t *certificate,
                            uint8_t id[static SIGNER_KEY_ID_BYTES]);

/* Counts a request at `now_ms`, of any clock that only goes forward. False: too many, it is not to be looked at. */
bool signer_stations_take(struct signer_stations *stations, size_t index, int64_t now_ms);

#endif
