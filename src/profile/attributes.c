/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The PSA side of a key entry; `config.c` makes the chip's side of the same entry. `derive` appears only on the chip's
 * side: Mbed TLS cannot pass psa_raw_key_agreement() to a secure element and would refuse a key with that usage. The
 * slot can still do ECDH for software that talks to the chip directly.
 */
#include "profile/profile.h"

#include <string.h>

/* profile_check() has made sure that the usage is extended already. */
static psa_key_usage_t usage_in_psa(const struct profile_key *key)
{
    return key->usage & ~PSA_KEY_USAGE_DERIVE;
}

void profile_key_attributes(const struct profile_key *key, psa_key_lifetime_t lifetime,
                            psa_key_attributes_t *attributes)
{
    memset(attributes, 0, sizeof(*attributes)); /* PSA permits this as an initialisation */
    psa_set_key_id(attributes, key->id);
    psa_set_key_lifetime(attributes, lifetime);
    psa_set_key_type(attributes, key->type);
    psa_set_key_bits(attributes, key->bits);
    psa_set_key_algorithm(attributes, key->algorithm);
    psa_set_key_usage_flags(attributes, usage_in_psa(key));
}

bool profile_key_has(const struct profile_key *key, psa_key_lifetime_t lifetime, const psa_key_attributes_t *attributes)
{
    return psa_get_key_lifetime(attributes) == lifetime && psa_get_key_type(attributes) == key->type &&
           psa_get_key_bits(attributes) == key->bits && psa_get_key_algorithm(attributes) == key->algorithm &&
           psa_get_key_usage_flags(attributes) == usage_in_psa(key);
}
