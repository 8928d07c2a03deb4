/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/data.h"

#include <string.h>

#include "base/hex.h"

size_t profile_datum_bytes(const struct profile_datum *datum)
{
    switch (datum->type) {
    case PROFILE_DATUM_HMAC:
    case PROFILE_DATUM_DERIVE:
    case PROFILE_DATUM_IO_KEY:
        return PROFILE_SECRET_BYTES;
    case PROFILE_DATUM_AES:
        return PROFILE_AES_BYTES;
    case PROFILE_DATUM_BYTES:
    default:
        return chip_slot_bytes(datum->slot);
    }
}

/* A secret to derive from proves itself by an HMAC, too. The slot of an IO protection key may have ReqRandom. */
uint32_t profile_datum_needs(const struct profile_datum *datum)
{
    if (datum->type == PROFILE_DATUM_BYTES)
        return CHIP_CAN_READ_CLEAR;
    if (profile_datum_is_io_key(datum))
        return CHIP_CAN_MAC;
    return datum->type == PROFILE_DATUM_AES ? CHIP_CAN_AES : CHIP_CAN_HMAC;
}

static psa_key_type_t type_of(const struct profile_datum *datum)
{
    if (datum->type == PROFILE_DATUM_AES)
        return PSA_KEY_TYPE_AES;
    return datum->type == PROFILE_DATUM_HMAC ? PSA_KEY_TYPE_HMAC : PSA_KEY_TYPE_DERIVE;
}

static psa_key_usage_t usage_of(const struct profile_datum *datum)
{
    if (datum->type == PROFILE_DATUM_AES)
        return PSA_KEY_USAGE_ENCRYPT | PSA_KEY_USAGE_DECRYPT;
    return datum->type == PROFILE_DATUM_HMAC ? PSA_KEY_USAGE_SIGN_MESSAGE | PSA_KEY_USAGE_VERIFY_MESSAGE
                                             : PSA_KEY_USAGE_DERIVE;
}

void profile_datum_attributes(const struct profile_datum *datum, psa_key_lifetime_t lifetime,
                              psa_key_attributes_t *attributes)
{
    memset(attributes, 0, sizeof(*attributes)); /* PSA permits this as an initialisation */
    psa_set_key_id(attributes, datum->id);
    psa_set_key_lifetime(attributes, lifetime);
    psa_set_key_type(attributes, type_of(datum));
    psa_set_key_bits(attributes, 8 * profile_datum_bytes(datum));
    psa_set_key_algorithm(attributes, datum->algorithm);
    psa_set_key_usage_flags(attributes, usage_of(datum));
}

bool profile_datum_has(const struct profile_datum *datum, psa_key_lifetime_t lifetime,
                       const psa_key_attributes_t *attributes)
{
    return psa_get_key_lifetime(attributes) == lifetime && psa_get_key_type(attributes) == type_of(datum) &&
           psa_get_key_bits(attributes) == 8 * profile_datum_bytes(datum) &&
           psa_get_key_algorithm(attributes) == datum->algorithm &&
           psa_get_key_usage_flags(attributes) == usage_of(datum);
}

bool profile_datum_literal(const struct profile_datum *datum, const uint8_t serial[static CHIP_SERIAL_BYTES],
                           struct bytes_out *out, struct error *err)
{
    const size_t start = out->len, most = chip_slot_bytes(datum->slot);
    char text[PROFILE_SUBJECT_TEXT_MAX];
    bool is_read;

    if (!profile_fill_subject(datum->source, serial, text, err))
        return false;
    is_read = datum->form == PROFILE_DATUM_TEXT ? bytes_append(out, bytes_of(text, strlen(text)))
                                                : hex_decode(text, strlen(text), out, NULL);
    if (is_read && out->len > start && out->len - start <= most)
        return true;
    error_set(err, ERROR_USAGE,
              is_read ? "no content, or more than the slot has room for" : "not hex digits, two for each byte", NULL);
    return false;
}
