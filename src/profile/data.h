/* SPDX-License-Identifier: Apache-2.0 */
/* What follows from a profile's entry of `data`: PSA's attributes, what its slot must be able to do, its content. */
#ifndef IMPRINT_PROFILE_DATA_H
#define IMPRINT_PROFILE_DATA_H

#include "profile/profile.h"

#define PROFILE_DATUM_MOST 416  /* bytes of the longest slot */
#define PROFILE_SECRET_BYTES 32 /* of a secret that is no AES key, and of a block of a slot */
#define PROFILE_AES_BYTES 16    /* of an AES-128 key */

/* Bytes of the longest content: a board's build has that of a secret alone. */
#define PROFILE_CONTENT_MOST (PROFILE_HAS_CONTENTS != 0 ? PROFILE_DATUM_MOST : PROFILE_SECRET_BYTES)

/*
 * The chip's IO protection key, which the engine makes and the device's own store keeps. A build without other data
 * carries no code for them.
 */
static inline bool profile_datum_is_io_key(const struct profile_datum *datum)
{
    return PROFILE_HAS_CONTENTS == 0 || datum->type == PROFILE_DATUM_IO_KEY;
}

static inline bool profile_has_io_key(const struct profile *profile)
{
    for (size_t i = 0; i < profile_data_count(profile); i++)
        if (profile_datum_is_io_key(&profile->data[i]))
            return true;
    return false;
}

/* A secret that PSA knows by a key id. */
static inline bool profile_datum_is_key(const struct profile_datum *datum)
{
    return !profile_datum_is_io_key(datum) && datum->type != PROFILE_DATUM_BYTES;
}

/* What cannot be read back, as opposed to data. */
static inline bool profile_datum_is_secret(const struct profile_datum *datum)
{
    return profile_datum_is_io_key(datum) || datum->type != PROFILE_DATUM_BYTES;
}

/* How long its content is: of a secret exactly, of data at most. */
size_t profile_datum_bytes(const struct profile_datum *datum);

/* What its slot must be able to do once the data zone is locked, so that it can be proven (enum chip_ability). */
uint32_t profile_datum_needs(const struct profile_datum *datum);

/*
 * Sets the PSA attributes of a secret, with the lifetime but without the slot: as profile_key_attributes(). Whoever has
 * the key may use it both ways, as a symmetric key can be.
 */
void profile_datum_attributes(const struct profile_datum *datum, psa_key_lifetime_t lifetime,
                              psa_key_attributes_t *attributes);

/* Whether a key has these attributes, but for the slot. */
bool profile_datum_has(const struct profile_datum *datum, psa_key_lifetime_t lifetime,
                       const psa_key_attributes_t *attributes);

/*
 * The content of an entry with a text or hex digits, for the chip with this serial number, into `out`. False with
 * ERROR_USAGE where there is none, or more than fits the slot; never of a checked profile.
 */
bool profile_datum_literal(const struct profile_datum *datum, const uint8_t serial[static CHIP_SERIAL_BYTES],
                           struct bytes_out *out, struct error *err);

#endif
