/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one model of certificates that a chip keeps in 72 bytes: a template has the whole signed part (TBSCertificate) in
 * DER with the places of what differs from device to device; a compressed certificate has the signature, the dates and
 * the signer's ID. Building (for an issuer to sign), compressing (what the chip stores) and rebuilding (from what the
 * chip stores) use the same template, so that they agree byte for byte. P-256 with SHA-256 only.
 *
 * Sources: Microchip, ATECC Compressed Certificate Definition, DS20006367A; format version 1 as cryptoauthlib writes
 * it. Needs PSA's hash functions (SHA-1 and SHA-256), no key store; no memory is allocated.
 */
#ifndef IMPRINT_CERT_TEMPLATE_H
#define IMPRINT_CERT_TEMPLATE_H

#include "base/bytes.h"
#include "base/p256.h"

#define CERT_COMPRESSED_BYTES 72
#define CERT_KEY_ID_BYTES 20
#define CERT_KEY_BYTES (2 * P256_BYTES) /* X | Y */
#define CERT_CHIP_SERIAL_BYTES 9
#define CERT_TBS_MAX 768
#define CERT_MAX (CERT_TBS_MAX + 4 + 12 + 75) /* with the outer header, the algorithm and the longest signature */

/* What differs between certificates of one template. */
enum cert_field {
    CERT_SERIAL,        /* serial number, the content of the INTEGER */
    CERT_NOT_BEFORE,    /* UTCTime (13 bytes) or GeneralizedTime (15), by the length of its place */
    CERT_NOT_AFTER,     /* the same */
    CERT_PUBLIC_KEY,    /* X | Y */
    CERT_SIGNER_ID,     /* 4 upper-case hex digits, in the issuer's name of a device, in a signer's own name */
    CERT_SUBJECT_KEY,   /* subject key identifier: SHA-1 of 04 | X | Y */
    CERT_AUTHORITY_KEY, /* authority key identifier: the same of the issuer's key */
    CERT_CHIP_SERIAL,   /* 18 upper-case hex digits */
    CERT_EUI,           /* text as the chip stores it: 12 digits of an EUI-48 */
    /* The chip's serial number again: 18 upper-case digits, twice as lower-case digits, and its 9 bytes. */
    CERT_CHIP_SERIAL_AGAIN,
    CERT_CHIP_SERIAL_LOWER,
    CERT_CHIP_SERIAL_LOWER_AGAIN,
    CERT_CHIP_SERIAL_RAW,
    CERT_FIELD_COUNT
};

/* `at` from the first byte of the TBSCertificate; `len` 0: the template has no such field. */
struct cert_place {
    uint16_t at, len;
};

/* Where the serial number comes from: the upper half of byte 70 (DS20006367A, 2.8). */
enum cert_serial_source {
    CERT_SERIAL_CHIP = 0x8,     /* 40, then the chip's serial number */
    CERT_SERIAL_SIGNER = 0x9,   /* 40, then the signer ID */
    CERT_SERIAL_KEY_HASH = 0xa, /* SHA-256 of the public key and the packed dates, top bits 01 */
    CERT_SERIAL_CHIP_HASH = 0xb /* the same of the chip's serial number */
};

/* Const data; `tbs` is read as long as the template is used. Bytes of `tbs` in a place do not matter. */
struct cert_template {
    const uint8_t *tbs;
    uint16_t tbs_len;
    uint8_t template_id, chain_id; /* 4 bits each, as in byte 69 */
    enum cert_serial_source serial_source;
    struct cert_place places[CERT_FIELD_COUNT];
};

/* The dates of a certificate: from the full hour `hour` (UTC), for `years` years; 0: without an end. */
struct cert_dates {
    uint16_t year;            /* 2000 to 2127 */
    uint8_t month, day, hour; /* 1 to 12, 1 to 31, 0 to 23 */
    uint8_t years;            /* 0 to 127 */
};

/* The content of the 72 bytes, unpacked. */
struct cert_compressed {
    uint8_t signature[P256_SIGNATURE_BYTES]; /* r | s */
    struct cert_dates dates;
    uint8_t signer_id[2];
    uint8_t template_id, chain_id, serial_source, version;
};

/* What the chip and the issuer add to a template and its dates. Pointers are read during the call only. */
struct cert_subject {
    const uint8_t *public_key;  /* X | Y */
    const uint8_t *issuer_key;  /* X | Y */
    const uint8_t *chip_serial; /* 9 bytes; NULL where neither the template nor the serial number needs it */
    const uint8_t *eui;         /* as long as its place; NULL where the template has none */
};

/*
 * Unpacks the 72 bytes of a slot. False if they are no compressed certificate of version 0 or 1: another version,
 * reserved bits, or a date that no calendar has.
 */
bool cert_compressed_read(const uint8_t bytes[static CERT_COMPRESSED_BYTES], struct cert_compressed *compressed);

/*
 * Packs into 72 bytes, in version 1 where `compressed` says so or five bits do not hold year or years, else in version
 * 0. False if a value does not fit; `bytes` is then undefined.
 */
bool cert_compressed_write(const struct cert_compressed *compressed, uint8_t bytes[static CERT_COMPRESSED_BYTES]);

/*
 * Appends the part to be signed. `compressed` gives dates, signer ID and, for the serial number, the version; its
 * signature is not used. False if something that the template needs is missing or does not fit, or PSA cannot hash.
 */
bool cert_build_tbs(const struct cert_template *form, const struct cert_compressed *compressed,
                    const struct cert_subject *subject, struct bytes_out *tbs);

/*
 * Appends the whole certificate in DER, as it was issued. False as cert_build_tbs(), and if template ID, chain ID or
 * the source of the serial number in `compressed` are not the template's, which would give a wrong certificate. Whether
 * the signature is good is for the caller to verify.
 */
bool cert_rebuild(const struct cert_template *form, const struct cert_compressed *compressed,
                  const struct cert_subject *subject, struct bytes_out *der);

/*
 * Compresses an issued certificate: takes its signature, and checks by rebuilding that `compressed` (dates and signer
 * ID set by the caller, as for cert_build_tbs()) and `subject` give exactly `der`. False otherwise.
 */
bool cert_compress(const struct cert_template *form, struct bytes der, const struct cert_subject *subject,
                   struct cert_compressed *compressed, uint8_t bytes[static CERT_COMPRESSED_BYTES]);

#endif
