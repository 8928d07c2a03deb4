/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes X.509 from the end to the beginning: each value is put in front of what is there already, so that its length
 * is known when its header is written.
 */
#include "virtual/chip/certificates.h"
#include "virtual/chip/crypto.h"

#include <stdio.h>
#include <string.h>

enum {
    DER_INTEGER = 0x02,
    DER_BITS = 0x03,
    DER_OCTETS = 0x04,
    DER_UTF8 = 0x0c,
    DER_PRINTABLE = 0x13,
    DER_UTC_TIME = 0x17,
    DER_GENERAL_TIME = 0x18,
    DER_SEQUENCE = 0x30,
    DER_SET = 0x31,
    DER_KEY_ID = 0x80,         /* [0] of an authority key identifier */
    DER_VERSION = 0xa0,        /* [0] of a certificate */
    DER_EXTENSIONS = 0xa3,     /* [3] of a certificate */
    DER_DIRECTORY_NAME = 0xa4, /* [4] of a general name */
};

/* Object identifiers and whole values, tag and length included. */
static const uint8_t oid_organization[] = {0x06, 0x03, 0x55, 0x04, 0x0a};
static const uint8_t oid_common_name[] = {0x06, 0x03, 0x55, 0x04, 0x03};
static const uint8_t oid_serial_number[] = {0x06, 0x03, 0x55, 0x04, 0x05};
static const uint8_t oid_ecdsa_sha256[] = {0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02};
static const uint8_t oid_ec_public_key[] = {0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01};
static const uint8_t oid_p256[] = {0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
static const uint8_t oid_subject_key_id[] = {0x06, 0x03, 0x55, 0x1d, 0x0e};
static const uint8_t oid_key_usage[] = {0x06, 0x03, 0x55, 0x1d, 0x0f};
static const uint8_t oid_alternative_name[] = {0x06, 0x03, 0x55, 0x1d, 0x11};
static const uint8_t oid_basic_constraints[] = {0x06, 0x03, 0x55, 0x1d, 0x13};
static const uint8_t oid_authority_key_id[] = {0x06, 0x03, 0x55, 0x1d, 0x23};
static const uint8_t version_3[] = {DER_INTEGER, 1, 2};
static const uint8_t critical[] = {0x01, 0x01, 0xff};
static const uint8_t may_sign_and_agree[] = {DER_BITS, 2, 3, 0x88};
static const uint8_t may_sign_certificates[] = {DER_BITS, 2, 1, 0x86};
static const uint8_t no_authority[] = {DER_SEQUENCE, 0};
static const uint8_t authority_of_devices[] = {DER_SEQUENCE, 6, 0x01, 0x01, 0xff, DER_INTEGER, 1, 0};

#define ORGANIZATION "Microchip Technology Inc"

struct der {
    uint8_t bytes[VIRTUAL_TBS_MAX];
    size_t at; /* where the first byte is; the last is always at the end */
};

/* The longest certificate here has 457 bytes. */
static void put(struct der *der, const void *bytes, size_t len)
{
    der->at -= len;
    memcpy(der->bytes + der->at, bytes, len);
}

/* Puts tag and length in front of everything from the first byte to `end`. */
static void wrap(struct der *der, uint8_t tag, size_t end)
{
    const size_t len = end - der->at;
    const uint8_t low = (uint8_t)len;
    const uint8_t high = (uint8_t)(len >> 8);

    put(der, &low, 1);
    if (len > 0xff)
        put(der, &high, 1);
    if (len > 0x7f)
        put(der, len > 0xff ? "\x82" : "\x81", 1);
    put(der, &tag, 1);
}

static void put_value(struct der *der, uint8_t tag, const void *bytes, size_t len)
{
    const size_t end = der->at;

    put(der, bytes, len);
    wrap(der, tag, end);
}

/* SET of one SEQUENCE of a name's part and its text. */
static void put_name_part(struct der *der, const uint8_t *oid, size_t oid_len, uint8_t tag, const char *text)
{
    const size_t end = der->at;

    put_value(der, tag, text, strlen(text));
    put(der, oid, oid_len);
    wrap(der, DER_SEQUENCE, end);
    wrap(der, DER_SET, end);
}

static void put_name(struct der *der, const char *common_name)
{
    const size_t end = der->at;

    put_name_part(der, oid_common_name, sizeof oid_common_name, DER_UTF8, common_name);
    put_name_part(der, oid_organization, sizeof oid_organization, DER_UTF8, ORGANIZATION);
    wrap(der, DER_SEQUENCE, end);
}

/* ---- extensions ---- */

/* Makes everything from the first byte to `end` the content of an extension. */
static void wrap_extension(struct der *der, const uint8_t *oid, bool is_critical, size_t end)
{
    wrap(der, DER_OCTETS, end);
    if (is_critical)
        put(der, critical, sizeof critical);
    put(der, oid, 5);
    wrap(der, DER_SEQUENCE, end);
}

static void put_extension(struct der *der, const uint8_t *oid, const uint8_t *value, size_t len)
{
    const size_t end = der->at;

    put(der, value, len);
    wrap_extension(der, oid, true, end);
}

static void put_key_ids(struct der *der, const struct virtual_certificate *certificate)
{
    size_t end = der->at;
    uint8_t id[20];

    virtual_key_id(certificate->issuer_key, id);
    put_value(der, DER_KEY_ID, id, sizeof id);
    wrap(der, DER_SEQUENCE, end);
    wrap_extension(der, oid_authority_key_id, false, end);
    end = der->at;
    virtual_key_id(certificate->subject_key, id);
    put_value(der, DER_OCTETS, id, sizeof id);
    wrap_extension(der, oid_subject_key_id, false, end);
}

/* A directory name of one part. Real certificates have an underscore in it, which this string type does not allow. */
static void put_eui(struct der *der, const char *eui)
{
    const size_t end = der->at;
    char text[6 + 12 + 1];

    (void)snprintf(text, sizeof text, "eui48_%.12s", eui);
    put_name_part(der, oid_serial_number, sizeof oid_serial_number, DER_PRINTABLE, text);
    wrap(der, DER_SEQUENCE, end);
    wrap(der, DER_DIRECTORY_NAME, end);
    wrap(der, DER_SEQUENCE, end);
    wrap_extension(der, oid_alternative_name, false, end);
}

static void put_extensions(struct der *der, const struct virtual_certificate *certificate)
{
    const size_t end = der->at;

    put_key_ids(der, certificate);
    if (certificate->definition == VIRTUAL_SIGNER) {
        put_extension(der, oid_basic_constraints, authority_of_devices, sizeof authority_of_devices);
        put_extension(der, oid_key_usage, may_sign_certificates, sizeof may_sign_certificates);
    } else {
        put_extension(der, oid_key_usage, may_sign_and_agree, sizeof may_sign_and_agree);
        put_extension(der, oid_basic_constraints, no_authority, sizeof no_authority);
    }
    if (certificate->definition == VIRTUAL_TLS_DEVICE)
        put_eui(der, certificate->eui);
    wrap(der, DER_SEQUENCE, end);
    wrap(der, DER_EXTENSIONS, end);
}

/* ---- the rest ---- */

static void put_public_key(struct der *der, const uint8_t *point)
{
    static const uint8_t uncompressed[] = {0, 0x04}; /* no unused bits; SEC 1 2.3.3 */
    const size_t end = der->at;
    size_t algorithm = 0;

    put(der, point, 64);
    put(der, uncompressed, sizeof uncompressed);
    wrap(der, DER_BITS, end);
    algorithm = der->at;
    put(der, oid_p256, sizeof oid_p256);
    put(der, oid_ec_public_key, sizeof oid_ec_public_key);
    wrap(der, DER_SEQUENCE, algorithm);
    wrap(der, DER_SEQUENCE, end);
}

/* 24 bits, the highest first: year - 2000 (5), month (4), day (5), hour (5), years until it expires (5). */
static void put_validity(struct der *der, const uint8_t *trailer)
{
    const unsigned packed = (unsigned)trailer[0] << 16 | (unsigned)trailer[1] << 8 | trailer[2];
    const unsigned year = packed >> 19, month = packed >> 15 & 0x0fu, day = packed >> 10 & 0x1fu;
    const unsigned hour = packed >> 5 & 0x1fu, expires = packed & 0x1fu;
    const size_t end = der->at;
    char text[32];

    (void)snprintf(text, sizeof text, "20%02u%02u%02u%02u0000Z", year + expires, month, day, hour);
    put_value(der, DER_GENERAL_TIME, text, 15); /* RFC 5280 says UTCTime before 2050; real certificates have this */
    (void)snprintf(text, sizeof text, "%02u%02u%02u%02u0000Z", year, month, day, hour);
    put_value(der, DER_UTC_TIME, text, 13);
    wrap(der, DER_SEQUENCE, end);
}

/* Source A: 16 bytes of H(public key | dates), made positive and of full length. */
static void put_serial_number(struct der *der, const struct virtual_certificate *certificate)
{
    uint8_t message[64 + 3];
    uint8_t digest[32];

    memcpy(message, certificate->subject_key, 64);
    memcpy(message + 64, certificate->trailer, 3);
    virtual_sha256(message, sizeof message, digest);
    digest[0] = (uint8_t)((digest[0] & 0x7f) | 0x40);
    put_value(der, DER_INTEGER, digest, 16);
}

size_t virtual_build_tbs(const struct virtual_certificate *certificate, uint8_t tbs[static VIRTUAL_TBS_MAX])
{
    const bool is_signer = certificate->definition == VIRTUAL_SIGNER;
    const uint8_t *chip = certificate->serial;
    struct der der = {.at = VIRTUAL_TBS_MAX};
    char signer[48];
    char device[32];
    size_t part = 0;

    (void)snprintf(signer, sizeof signer, "Crypto Authentication Signer %02X%02X", certificate->trailer[3],
                   certificate->trailer[4]);
    if (!is_signer)
        (void)snprintf(device, sizeof device, "sn%02X%02X%02X%02X%02X%02X%02X%02X%02X", chip[0], chip[1], chip[2],
                       chip[3], chip[4], chip[5], chip[6], chip[7], chip[8]);
    put_extensions(&der, certificate);
    put_public_key(&der, certificate->subject_key);
    put_name(&der, is_signer ? signer : device);
    put_validity(&der, certificate->trailer);
    put_name(&der, is_signer ? "Crypto Authentication Root CA 002" : signer);
    part = der.at;
    put(&der, oid_ecdsa_sha256, sizeof oid_ecdsa_sha256);
    wrap(&der, DER_SEQUENCE, part);
    put_serial_number(&der, certificate);
    part = der.at;
    put(&der, version_3, sizeof version_3);
    wrap(&der, DER_VERSION, part);
    wrap(&der, DER_SEQUENCE, VIRTUAL_TBS_MAX);
    memcpy(tbs, der.bytes + der.at, VIRTUAL_TBS_MAX - der.at);
    return VIRTUAL_TBS_MAX - der.at;
}

/* ---- the maker ---- */

static void maker_scalar(enum virtual_maker maker, uint8_t scalar[static 32])
{
    static const char root[] = "imprint virtual maker's root";
    static const char signer[] = "imprint virtual maker's signer";

    if (maker == VIRTUAL_MAKER_ROOT)
        virtual_sha256(root, sizeof root, scalar);
    else
        virtual_sha256(signer, sizeof signer, scalar);
}

void virtual_maker_key(struct virtual_crypto *crypto, enum virtual_maker maker, uint8_t point[static 64])
{
    uint8_t scalar[32];

    maker_scalar(maker, scalar);
    (void)virtual_public_key(crypto, scalar, point);
}

void virtual_issue(struct virtual_crypto *crypto, const struct virtual_certificate *certificate,
                   uint8_t compressed[static VIRTUAL_COMPRESSED_BYTES])
{
    const bool is_signer = certificate->definition == VIRTUAL_SIGNER;
    uint8_t tbs[VIRTUAL_TBS_MAX];
    uint8_t scalar[32];
    uint8_t digest[32];

    virtual_sha256(tbs, virtual_build_tbs(certificate, tbs), digest);
    maker_scalar(is_signer ? VIRTUAL_MAKER_ROOT : VIRTUAL_MAKER_SIGNER, scalar);
    virtual_ecdsa_sign_repeatably(crypto, scalar, digest, compressed);
    memcpy(compressed + 64, certificate->trailer, 8);
}
