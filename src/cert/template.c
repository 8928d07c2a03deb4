/* SPDX-License-Identifier: Apache-2.0 */
#include "cert/template.h"

#include <string.h>

#include "cert/algorithm.h"
#include "cert/der.h"
#include "cert/signature.h"
#include "crypto/hash.h"
#include "crypto/sha1.h"

#define UTC_TIME_BYTES 13
#define GENERALIZED_TIME_BYTES 15
#define EUI_MAX 16

/* ---- the fields ---- */

static void put_decimal(uint8_t *at, unsigned value, size_t digits)
{
    for (size_t i = digits; i > 0; i--, value /= 10)
        at[i - 1] = (uint8_t)('0' + value % 10);
}

static const char upper_digits[] = "0123456789ABCDEF", lower_digits[] = "0123456789abcdef";

static void put_hex(uint8_t *at, const char digits[static 16], const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        at[2 * i] = (uint8_t)digits[bytes[i] >> 4];
        at[2 * i + 1] = (uint8_t)digits[bytes[i] & 0x0f];
    }
}

static bool put_chip_serial(uint8_t *at, size_t len, const char digits[static 16], const struct cert_subject *subject)
{
    if (subject->chip_serial == NULL || len != 2 * CERT_CHIP_SERIAL_BYTES)
        return false;
    put_hex(at, digits, subject->chip_serial, CERT_CHIP_SERIAL_BYTES);
    return true;
}

/* UTCTime has two digits of the year and ends in 2049 (RFC 5280, 4.1.2.5.1). */
static bool put_time(uint8_t *at, size_t len, unsigned year, const struct cert_dates *dates)
{
    const size_t year_digits = len == UTC_TIME_BYTES ? 2 : 4;

    if ((len != UTC_TIME_BYTES && len != GENERALIZED_TIME_BYTES) || (len == UTC_TIME_BYTES && year > 2049))
        return false;
    put_decimal(at, year, year_digits);
    at += year_digits;
    put_decimal(at, dates->month, 2);
    put_decimal(at + 2, dates->day, 2);
    put_decimal(at + 4, dates->hour, 2);
    memcpy(at + 6, "0000Z", 5);
    return true;
}

/* Without an end: the last second that the type has, as Microchip writes it. */
static bool put_no_end(uint8_t *at, size_t len)
{
    if (len == GENERALIZED_TIME_BYTES)
        memcpy(at, "99991231235959Z", GENERALIZED_TIME_BYTES);
    else if (len == UTC_TIME_BYTES)
        memcpy(at, "491231235959Z", UTC_TIME_BYTES);
    else
        return false;
    return true;
}

static bool put_key_id(uint8_t *at, const uint8_t *key)
{
    static const uint8_t uncompressed = P256_UNCOMPRESSED;
    const struct bytes pieces[] = {bytes_of(&uncompressed, 1), bytes_of(key, CERT_KEY_BYTES)};

    return key != NULL && crypto_sha1(pieces, 2, at);
}

/*
 * The first bytes of SHA-256 over the key or the chip's serial number, and the dates as they are packed: bytes 64 to
 * 66, in version 1 also the upper half of byte 71.
 */
static bool put_hashed_serial(uint8_t *at, size_t len, struct bytes of, const struct cert_compressed *compressed)
{
    uint8_t packed[CERT_COMPRESSED_BYTES], digest[CRYPTO_SHA256_BYTES], version, more;
    struct bytes pieces[3] = {of};

    if (of.data == NULL || len > sizeof digest || !cert_compressed_write(compressed, packed))
        return false;
    version = packed[70] & 0x0f;
    more = packed[71] & 0xf0;
    pieces[1] = bytes_of(packed + 64, 3);
    pieces[2] = bytes_of(&more, version == 0 ? 0 : 1);
    if (!crypto_sha256(pieces, 3, digest))
        return false;
    memcpy(at, digest, len);
    at[0] = (uint8_t)((at[0] & 0x7f) | 0x40);
    return true;
}

static bool put_serial(uint8_t *at, size_t len, const struct cert_template *form,
                       const struct cert_compressed *compressed, const struct cert_subject *subject)
{
    switch (form->serial_source) {
    case CERT_SERIAL_KEY_HASH:
        return put_hashed_serial(at, len, bytes_of(subject->public_key, CERT_KEY_BYTES), compressed);
    case CERT_SERIAL_CHIP_HASH:
        return put_hashed_serial(at, len, bytes_of(subject->chip_serial, CERT_CHIP_SERIAL_BYTES), compressed);
    case CERT_SERIAL_CHIP:
        if (len != 1 + CERT_CHIP_SERIAL_BYTES || subject->chip_serial == NULL)
            return false;
        at[0] = 0x40;
        memcpy(at + 1, subject->chip_serial, CERT_CHIP_SERIAL_BYTES);
        return true;
    case CERT_SERIAL_SIGNER:
        if (len != 1 + sizeof compressed->signer_id)
            return false;
        at[0] = 0x40;
        memcpy(at + 1, compressed->signer_id, sizeof compressed->signer_id);
        return true;
    default:
        return false;
    }
}

static bool put_field(uint8_t *at, size_t len, enum cert_field field, const struct cert_template *form,
                      const struct cert_compressed *compressed, const struct cert_subject *subject)
{
    const struct cert_dates *dates = &compressed->dates;

    switch (field) {
    case CERT_SERIAL:
        return put_serial(at, len, form, compressed, subject);
    case CERT_NOT_BEFORE:
        return put_time(at, len, dates->year, dates);
    case CERT_NOT_AFTER:
        return dates->years == 0 ? put_no_end(at, len) : put_time(at, len, dates->year + dates->years, dates);
    case CERT_PUBLIC_KEY:
        if (subject->public_key == NULL || len != CERT_KEY_BYTES)
            return false;
        memcpy(at, subject->public_key, CERT_KEY_BYTES);
        return true;
    case CERT_SIGNER_ID:
        if (len != 2 * sizeof compressed->signer_id)
            return false;
        put_hex(at, upper_digits, compressed->signer_id, sizeof compressed->signer_id);
        return true;
    case CERT_SUBJECT_KEY:
        return len == CERT_KEY_ID_BYTES && put_key_id(at, subject->public_key);
    case CERT_AUTHORITY_KEY:
        return len == CERT_KEY_ID_BYTES && put_key_id(at, subject->issuer_key);
    case CERT_CHIP_SERIAL:
    case CERT_CHIP_SERIAL_AGAIN:
        return put_chip_serial(at, len, upper_digits, subject);
    case CERT_CHIP_SERIAL_LOWER:
    case CERT_CHIP_SERIAL_LOWER_AGAIN:
        return put_chip_serial(at, len, lower_digits, subject);
    case CERT_CHIP_SERIAL_RAW:
        if (subject->chip_serial == NULL || len != CERT_CHIP_SERIAL_BYTES)
            return false;
        memcpy(at, subject->chip_serial, CERT_CHIP_SERIAL_BYTES);
        return true;
    case CERT_EUI:
        if (subject->eui == NULL || len > EUI_MAX)
            return false;
        memcpy(at, subject->eui, len);
        return true;
    default:
        return false;
    }
}

bool cert_build_tbs(const struct cert_template *form, const struct cert_compressed *compressed,
                    const struct cert_subject *subject, struct bytes_out *tbs)
{
    const size_t start = tbs->len;

    if (!bytes_append(tbs, bytes_of(form->tbs, form->tbs_len)))
        return false;
    for (unsigned field = 0; field < CERT_FIELD_COUNT; field++) {
        const struct cert_place *place = &form->places[field];

        if (place->len == 0)
            continue;
        if ((size_t)place->at + place->len > form->tbs_len ||
            !put_field(tbs->data + start + place->at, place->len, (enum cert_field)field, form, compressed, subject)) {
            tbs->len = start;
            return false;
        }
    }
    return true;
}

/* ---- the whole ---- */

bool cert_rebuild(const struct cert_template *form, const struct cert_compressed *compressed,
                  const struct cert_subject *subject, struct bytes_out *der)
{
    const size_t start = der->len;
    uint8_t header[4] = {DER_SEQUENCE, 0x82}, signature[CERT_SIGNATURE_MAX];
    size_t len = cert_write_signature(signature, compressed->signature);
    const size_t content = form->tbs_len + sizeof cert_signature_algorithm + len;

    header[2] = (uint8_t)(content >> 8);
    header[3] = (uint8_t)content;
    if (compressed->template_id == form->template_id && compressed->chain_id == form->chain_id &&
        compressed->serial_source == (uint8_t)form->serial_source && bytes_append(der, bytes_of(header, 4)) &&
        cert_build_tbs(form, compressed, subject, der) &&
        bytes_append(der, bytes_of(cert_signature_algorithm, sizeof cert_signature_algorithm)) &&
        bytes_append(der, bytes_of(signature, len)))
        return true;
    der->len = start;
    return false;
}

bool cert_compress(const struct cert_template *form, struct bytes der, const struct cert_subject *subject,
                   struct cert_compressed *compressed, uint8_t bytes[static CERT_COMPRESSED_BYTES])
{
    const size_t at = 4 + (size_t)form->tbs_len + sizeof cert_signature_algorithm;
    uint8_t room[CERT_MAX];
    struct bytes_out again = {.data = room, .cap = sizeof room};
    struct cert_compressed whole;

    compressed->template_id = form->template_id;
    compressed->chain_id = form->chain_id;
    compressed->serial_source = (uint8_t)form->serial_source;
    if (der.len <= at || !cert_read_signature(bytes_of(der.data + at, der.len - at), compressed->signature) ||
        !cert_compressed_write(compressed, bytes) || !cert_compressed_read(bytes, &whole) ||
        !cert_rebuild(form, &whole, subject, &again))
        return false;
    *compressed = whole;
    return bytes_equal(bytes_written(&again), der);
}
