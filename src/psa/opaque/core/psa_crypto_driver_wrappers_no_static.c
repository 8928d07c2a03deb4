/* SPDX-License-Identifier: Apache-2.0 */
/* Compiled in place of the core's file of this name: see imprint_wrappers.h. */
#define psa_driver_wrapper_get_key_buffer_size imprint_core_get_key_buffer_size
#define psa_driver_wrapper_export_public_key imprint_core_export_public_key
#define psa_driver_wrapper_get_builtin_key imprint_core_get_builtin_key

#include IMPRINT_CORE_WRAPPERS_NO_STATIC

#undef psa_driver_wrapper_get_key_buffer_size
#undef psa_driver_wrapper_export_public_key
#undef psa_driver_wrapper_get_builtin_key

#include <imprint/opaque_core.h>
#include <imprint_wrappers.h>

const int imprint_opaque_core = IMPRINT_OPAQUE_CORE;

psa_status_t psa_driver_wrapper_get_key_buffer_size(const psa_key_attributes_t *attributes, size_t *key_buffer_size)
{
    if (!imprint_is_at_location(attributes))
        return imprint_core_get_key_buffer_size(attributes, key_buffer_size);
    return imprint_context_size(attributes, key_buffer_size);
}

psa_status_t psa_driver_wrapper_export_public_key(const psa_key_attributes_t *attributes, const uint8_t *key_buffer,
                                                  size_t key_buffer_size, uint8_t *data, size_t data_size,
                                                  size_t *data_length)
{
    if (!imprint_serves(attributes))
        return imprint_core_export_public_key(attributes, key_buffer, key_buffer_size, data, data_size, data_length);
    return imprint_opaque_export_public_key(attributes, key_buffer, key_buffer_size, data, data_size, data_length);
}

psa_status_t psa_driver_wrapper_get_builtin_key(psa_drv_slot_number_t slot_number, psa_key_attributes_t *attributes,
                                                uint8_t *key_buffer, size_t key_buffer_size, size_t *key_buffer_length)
{
    if (!imprint_is_at_location(attributes))
        return imprint_core_get_builtin_key(slot_number, attributes, key_buffer, key_buffer_size, key_buffer_length);
    return imprint_opaque_get_builtin_key(slot_number, attributes, key_buffer, key_buffer_size, key_buffer_length);
}
