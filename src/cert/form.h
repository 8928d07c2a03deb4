/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes the template (cert/template.h) of a certificate from what it shall say: names, extensions, end. The same call
 * with the same arguments gives the same bytes, so that what an issuer is given to sign, what a check expects and what
 * the chip's 72 bytes rebuild are one description. For all the templates made here: serial numbers of 16 bytes, from
 * the hash of the public key and the dates; template ID 0, chain ID 0; the times as RFC 5280 (4.1.2.5) wants them.
 * No memory is allocated.
 */
#ifndef IMPRINT_CERT_FORM_H
#define IMPRINT_CERT_FORM_H

#include "base/error.h"
#include "cert/parts.h"
#include "cert/template.h"

#define CERT_SERIAL_BYTES 16

/* The extensions of a certificate, in the order in which it has them. Stored in profiles: the values never change. */
enum cert_extension {
    CERT_BASIC_CONSTRAINTS = 1 << 0, /* critical: not a CA */
    CERT_DIGITAL_SIGNATURE = 1 << 1, /* these three: key usage, critical */
    CERT_NON_REPUDIATION = 1 << 2,
    CERT_KEY_AGREEMENT = 1 << 3,
    CERT_SERVER_AUTH = 1 << 4, /* these two: extended key usage */
    CERT_CLIENT_AUTH = 1 << 5,
    CERT_HARDWARE_MODULE = 1 << 6, /* subject alternative name: HardwareModuleName (RFC 4108, 5) of the chip */
    CERT_SUBJECT_KEY_ID = 1 << 7,  /* SHA-1 of 04 | X | Y */
    CERT_AUTHORITY_KEY_ID = 1 << 8 /* as the issuer's certificate names its key, else likewise */
};
#define CERT_EXTENSIONS 0x1ffu /* all of them */

/* What the kinds of certificate have: reference documents are named in docs/reference/profile.md. */
#define CERT_EXTENSIONS_TLS_CLIENT                                                                                     \
    (CERT_BASIC_CONSTRAINTS | CERT_DIGITAL_SIGNATURE | CERT_CLIENT_AUTH | CERT_SUBJECT_KEY_ID | CERT_AUTHORITY_KEY_ID)
#define CERT_EXTENSIONS_IDEVID (CERT_HARDWARE_MODULE | CERT_SUBJECT_KEY_ID | CERT_AUTHORITY_KEY_ID)
#define CERT_EXTENSIONS_MATTER_DAC                                                                                     \
    (CERT_BASIC_CONSTRAINTS | CERT_DIGITAL_SIGNATURE | CERT_SUBJECT_KEY_ID | CERT_AUTHORITY_KEY_ID)

/* The chip serial numbers, all of these bytes, for the two names below. */
#define CERT_FORM_SERIAL_A 0xaa
#define CERT_FORM_SERIAL_B 0xbb

/* What the certificate shall say. Pointers are read during the call only. */
struct cert_wish {
    /*
     * The subject's name in DER (cert/name.h) twice: of a chip with the serial number AA AA ..., and of BB BB ...
     * Where the two differ is the place of the serial number, in upper-case or lower-case digits.
     */
    struct bytes subject_a, subject_b;
    struct bytes issuer_name;       /* the subject of the issuer's certificate, in DER */
    struct bytes issuer_key_id;     /* CERT_KEY_ID_BYTES, for CERT_AUTHORITY_KEY_ID */
    uint32_t extensions;            /* enum cert_extension bits */
    struct bytes hardware_type;     /* for CERT_HARDWARE_MODULE: hwType, the content of an OBJECT IDENTIFIER */
    const struct cert_dates *dates; /* of the certificate: only whether its times are before 2050 counts */
    uint32_t last_day;              /* YYYYMMDD: it ends with this day, whatever `dates` says; 0: as `dates` says */
};

/* A template and its bytes. Must not be copied: the template points into it. */
struct cert_form {
    struct cert_template form;
    uint8_t tbs[CERT_TBS_MAX];
};

/*
 * Makes the template. False with ERROR_PROFILE_CONFLICT, with the field of a profile's certificate that is to blame as
 * subject: the serial number stands in the name other than as its digits, or more than twice in one case; or names and
 * extensions do not fit.
 */
bool cert_make_form(const struct cert_wish *wish, struct cert_form *form, struct error *err);

/*
 * The template of a signer's certificate that somebody else has made, for the chip's 72 bytes of a signer: all of it
 * but times, public key, key identifier and a serial number of 16 bytes is constant; template ID 1. Whether the
 * certificate can be put together again by it is for cert_compress() to say. False if it is too long.
 */
bool cert_form_of_signer(const struct cert_parts *signer, struct cert_form *form);

/*
 * The dates of a certificate that begins with the full hour of `now` ("YYYYMMDDHH...", UTC) and lasts `years` years, 0:
 * without an end. On 29 February an hour of the day before is taken where the last year may have no such day. False
 * outside the years 2000 to 2127, and where `now` is no date.
 */
bool cert_dates_from(const char *now, uint8_t years, struct cert_dates *dates);

/* The dates of a certificate that is there. False where it does not last whole years, or without an end. */
bool cert_dates_of(const struct cert_parts *parts, struct cert_dates *dates);

/* The times that a certificate with these dates has, as CERT_TIME_DIGITS digits (cert/parts.h). `last_day` as above. */
void cert_dates_text(const struct cert_dates *dates, uint32_t last_day, char not_before[static 15],
                     char not_after[static 15]);

#endif
