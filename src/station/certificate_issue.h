/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gets device certificates from issuers, for the engine (struct provision_certificates). Each is kept in the folder of
 * the device: NAME.tbs is what the issuer is asked to sign, written before it is asked; NAME.crt is the certificate and
 * its issuers, in PEM, written before the engine gets it. So a run after a power cut asks for the same again, or has
 * the certificate already. A certificate that is there is never issued again: one that is not what the profile asks for
 * is refused with what differs.
 *
 * Every certificate is checked, when it is issued and each time it is read: it is, byte for byte, what profile, chip
 * and issuer's certificate give for its dates; its signature is the issuer's; and the chip's 72 bytes give it again.
 */
#ifndef IMPRINT_STATION_CERTIFICATE_ISSUE_H
#define IMPRINT_STATION_CERTIFICATE_ISSUE_H

#include <jansson.h>

#include "issuer/issuer.h"
#include "profile/certificate.h"
#include "provision/provision.h"
#include "station/rehearsal.h"
#include "station/station.h"

#define CERTIFICATE_ISSUER_MAX 2048 /* bytes of an issuer's certificate */

/* A certificate that is there. */
struct certificate_issued {
    bool is_new;            /* issued in this run */
    size_t len, issuer_len; /* 0: none is there */
    uint8_t der[CERT_MAX], issuer[CERTIFICATE_ISSUER_MAX];
    uint8_t compressed[CERT_COMPRESSED_BYTES]; /* of `der` */
    uint8_t signer[CERT_COMPRESSED_BYTES];     /* of `issuer`, where the profile keeps it in a slot */
    char path[PATH_MAX];                       /* NAME.crt */
};

/* Zero-initialised but for the first members, which are the caller's and must outlive it. */
struct certificate_issue {
    const struct station_config *config;
    const struct profile *profile;
    struct issuer_prompt prompt;
    struct rehearsal *rehearsal; /* notes an issuer for rehearsals, or refuses it */
    struct certificate_issued certificates[PROFILE_CERTIFICATES_MAX];
};

/* The functions for the engine. */
struct provision_certificates certificate_issue_functions(struct certificate_issue *issue);

/*
 * The public key of the certificate `index` that is kept for the chip with this serial number, as its file says. False
 * where none can be read. For a board, whose keys are not known before it has run.
 */
bool certificate_issue_kept_key(const struct certificate_issue *issue, size_t index,
                                const uint8_t serial[static CHIP_SERIAL_BYTES], uint8_t point[static P256_POINT_BYTES]);

/* Whether the profile's certificate `index` is there. */
bool certificate_issue_has(const struct certificate_issue *issue, size_t index);

/*
 * What is there of the profile's certificates, as a list of objects: docs/reference/record.md, `certificates`. The
 * caller's reference; NULL without memory.
 */
json_t *certificate_issue_record(const struct certificate_issue *issue, const uint8_t serial[static CHIP_SERIAL_BYTES]);

#endif
