/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a certificate is what the profile asks for: its key, subject, extensions and validity, the issuer's name and
 * signature. What this station's own issuers sign is, byte for byte, what profile, chip, dates and the issuer's
 * certificate give. Of somebody else's (EST) the issuer chooses serial number, the hour, and what identifies keys or
 * tells where to ask; such a certificate is kept whole, and in a slot's 72 bytes only where they give it again.
 */
#ifndef IMPRINT_STATION_CERTIFICATE_CHECK_H
#define IMPRINT_STATION_CERTIFICATE_CHECK_H

#include <limits.h>

#include "cert/form.h"
#include "cert/parts.h"
#include "profile/certificate.h"
#include "provision/provision.h"

#define CERTIFICATE_ISSUER_MAX 2048 /* bytes of an issuer's certificate */

/* A certificate that is there. */
struct certificate_issued {
    bool is_new;            /* issued in this run */
    bool is_rebuilt;        /* its file was not here: put together again from the device (certificate_rebuild.h) */
    bool is_kept;           /* of a rebuilt one: its file is here again */
    bool knows_signer;      /* `issuer` and `signer` are there, whether or not a certificate is */
    uint8_t rebuilt_slot;   /* of a rebuilt one: from this slot; 0: from the PSA data */
    size_t len, issuer_len; /* 0: none is there */
    uint8_t der[PROVISION_CERTIFICATE_MAX], issuer[CERTIFICATE_ISSUER_MAX];
    uint8_t compressed[CERT_COMPRESSED_BYTES]; /* of `der`, where the profile keeps it in a slot */
    uint8_t signer[CERT_COMPRESSED_BYTES];     /* of `issuer`, likewise */
    char path[PATH_MAX];                       /* NAME.crt */
};

/* What a certificate is made for. The first three members are the caller's. */
struct certificate_wanted {
    const struct profile_certificate *certificate;
    const uint8_t *serial;    /* of the chip */
    const uint8_t *point;     /* 04 | X | Y */
    struct cert_parts issuer; /* points into the issuer's certificate */
    struct cert_dates dates;
    struct cert_form form;
};

/* Makes the template, for the issuer and the dates in `wanted`. False with the field to blame as subject. */
bool certificate_check_make_form(struct certificate_wanted *wanted, struct error *err);

/* Appends what an issuer of this station signs. False with ERROR_UNEXPECTED. */
bool certificate_check_build_tbs(const struct certificate_wanted *wanted, struct bytes_out *tbs, struct error *err);

/* Appends the whole certificate that has this signature (r | s). False as certificate_check_build_tbs(). */
bool certificate_check_build(const struct certificate_wanted *wanted,
                             const uint8_t signature[static P256_SIGNATURE_BYTES], struct bytes_out *der,
                             struct error *err);

/* Sets the dates of a certificate of this profile that begins with the full hour of `not_before`. False: no date. */
bool certificate_check_read_dates(struct certificate_wanted *wanted, const char *not_before);

/*
 * Compresses the issuer's certificate in `issued`, where the profile keeps it in a slot. False with
 * ERROR_ISSUER_INVALID where 72 bytes cannot carry it.
 */
bool certificate_check_signer(const struct profile_certificate *certificate, struct certificate_issued *issued,
                              struct error *err);

/*
 * Checks the certificate in `issued` against its issuer's, which is there too, and compresses it where the profile
 * keeps it in slots. False with the reason `otherwise` (ERROR_CERTIFICATE_DIFFERS, ERROR_ISSUER_ANSWER) and what
 * differs, or with ERROR_ISSUER_INVALID where the profile's issuer cannot have issued it.
 */
bool certificate_check(struct certificate_wanted *wanted, struct certificate_issued *issued,
                       enum error_reason otherwise, struct error *err);

#endif
