/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compiled into the PSA core: which keys the opaque driver serves. The two files beside this one take the place of the
 * core's files of the same names. Each includes the core's own file with the functions below under other names, and
 * defines them anew: keys at the driver's location go to the driver, all others to the core's own function. So nothing
 * of the core's text is copied or changed, and a core whose functions have other arguments does not compile.
 * cmake/opaque_core.cmake builds them, and checks what the compiler cannot.
 */
#ifndef IMPRINT_WRAPPERS_H
#define IMPRINT_WRAPPERS_H

#include <imprint/opaque_driver.h>

#if defined(MBEDTLS_PSA_CRYPTO_SE_C)
#include <psa_crypto_se.h>
#endif

/* Of every use of a key. Where a driver table is registered for the location (SE_C), that one serves its keys. */
static inline int imprint_serves(const psa_key_attributes_t *attributes)
{
    const psa_key_lifetime_t lifetime = psa_get_key_lifetime(attributes);

#if defined(MBEDTLS_PSA_CRYPTO_SE_C)
    if (psa_get_se_driver_entry(lifetime) != NULL)
        return 0;
#endif
    return PSA_KEY_LIFETIME_GET_LOCATION(lifetime) == IMPRINT_OPAQUE_LOCATION;
}

/* The size of a key context, and built-in keys: those are found by this driver even for a registered table. */
static inline psa_status_t imprint_context_size(const psa_key_attributes_t *attributes, size_t *size)
{
    *size = imprint_opaque_size(psa_get_key_type(attributes));
    return *size != 0 ? PSA_SUCCESS : PSA_ERROR_NOT_SUPPORTED;
}

static inline int imprint_is_at_location(const psa_key_attributes_t *attributes)
{
    return PSA_KEY_LIFETIME_GET_LOCATION(psa_get_key_lifetime(attributes)) == IMPRINT_OPAQUE_LOCATION;
}

#endif
