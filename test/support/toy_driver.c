/* SPDX-License-Identifier: Apache-2.0 */
#define MBEDTLS_ALLOW_PRIVATE_ACCESS
#include "test/support/toy_driver.h"

#include "psa/its.h"
#include "storage/storage.h"
#include "psa/transaction.h"

struct toy toy;

static psa_status_t toy_init(psa_drv_se_context_t *context, void *data, psa_key_location_t location)
{
    (void)context;
    (void)data;
    return location == TOY_LOCATION ? PSA_SUCCESS : PSA_ERROR_INVALID_ARGUMENT;
}

static psa_status_t toy_allocate(psa_drv_se_context_t *context, void *data, const psa_key_attributes_t *attributes,
                                 psa_key_creation_method_t method, psa_key_slot_number_t *slot)
{
    (void)context;
    (void)data;
    (void)attributes;
    (void)method;
    for (*slot = 0; *slot < TOY_SLOTS; (*slot)++) {
        if (!toy.filled[*slot])
            return PSA_SUCCESS;
    }
    return PSA_ERROR_INSUFFICIENT_STORAGE;
}

static psa_status_t toy_validate(psa_drv_se_context_t *context, void *data, const psa_key_attributes_t *attributes,
                                 psa_key_creation_method_t method, psa_key_slot_number_t slot)
{
    (void)context;
    (void)data;
    (void)attributes;
    (void)method;
    return slot < TOY_SLOTS ? PSA_SUCCESS : PSA_ERROR_INVALID_ARGUMENT;
}

static psa_status_t toy_generate(psa_drv_se_context_t *context, psa_key_slot_number_t slot,
                                 const psa_key_attributes_t *attributes, uint8_t *public_key, size_t size,
                                 size_t *length)
{
    (void)context;
    (void)attributes;
    (void)public_key;
    (void)size;
    (void)length;
    toy.generated++;
    toy.filled[slot] = true;
    return PSA_SUCCESS;
}

static psa_status_t toy_import(psa_drv_se_context_t *context, psa_key_slot_number_t slot,
                               const psa_key_attributes_t *attributes, const uint8_t *data, size_t length, size_t *bits)
{
    (void)context;
    (void)attributes;
    (void)data;
    toy.imported++;
    toy.filled[slot] = true;
    *bits = 8 * length;
    return PSA_SUCCESS;
}

static psa_status_t toy_destroy(psa_drv_se_context_t *context, void *data, psa_key_slot_number_t slot)
{
    struct se_transaction transaction;
    (void)context;
    (void)data;
    if (toy.destroy_status == PSA_SUCCESS) {
        toy.destroyed++;
        toy.filled[slot] = false;
    } else if (toy.hold && transaction_read(its_session()->storage, &transaction) == STORAGE_OK &&
               transaction.kind == TRANSACTION_DESTROY && transaction.slot == slot) {
        se_session_keep_record(its_session(), transaction.uid);
    }
    return toy.destroy_status;
}

static const psa_drv_se_key_management_t toy_keys = {
    .p_allocate = toy_allocate,
    .p_validate_slot_number = toy_validate,
    .p_generate = toy_generate,
    .p_import = toy_import,
    .p_destroy = toy_destroy,
};

const psa_drv_se_t toy_driver = {
    .hal_version = PSA_DRV_SE_HAL_VERSION,
    .persistent_data_size = 0,
    .p_init = toy_init,
    .key_management = &toy_keys,
};

psa_key_attributes_t toy_attributes(psa_key_id_t id)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    psa_set_key_id(&attributes, id);
    psa_set_key_lifetime(&attributes, TOY_LIFETIME);
    psa_set_key_type(&attributes, PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1));
    psa_set_key_bits(&attributes, 256);
    psa_set_key_algorithm(&attributes, PSA_ALG_ECDSA(PSA_ALG_ANY_HASH));
    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_SIGN_HASH);
    return attributes;
}
