/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The platform's answer to a core with built-in keys: which ids are slots of the chip. A platform with more built-in
 * keys defines this function itself, and this file is then not linked. Ids of slots that hold no key are sorted out by
 * the driver; without this shell no such key exists.
 */
#include <psa/crypto.h>

#ifdef MBEDTLS_PSA_CRYPTO_BUILTIN_KEYS

#include "psa/location.h"
#include "psa/opaque/opaque.h"

psa_status_t mbedtls_psa_platform_get_builtin_key(mbedtls_svc_key_id_t key_id, psa_key_lifetime_t *lifetime,
                                                  psa_drv_slot_number_t *slot_number)
{
    const uint8_t slot = driver_slot_in_builtin_id(key_id);

    if (slot == DRIVER_SLOT_ANY)
        return PSA_ERROR_DOES_NOT_EXIST;
    *lifetime = OPAQUE_BUILTIN_LIFETIME;
    *slot_number = slot;
    return PSA_SUCCESS;
}

#endif
