/* SPDX-License-Identifier: Apache-2.0 */
/*
 * imprint_key_agreement(): psa_raw_key_agreement() for keys in the chip. The cores look up a key that does not leave
 * its location only for the operations that they know drivers to have, and this is none of them. So the policy is
 * checked here as they do it, and the slot is read from the key's record, which is the same through either shell.
 */
#include <imprint/psa.h>

#include "psa/agreement.h"
#include "psa/call.h"
#include "psa/keys.h"
#include "psa/location.h"
#include "psa/operation.h"
#include "psa/records.h"

/* By psa_key_algorithm_permits() of the cores: a policy of ECDH permits ECDH with any key derivation too. */
static bool permits(psa_algorithm_t policy, psa_algorithm_t asked)
{
    return asked == policy || (PSA_ALG_IS_RAW_KEY_AGREEMENT(policy) && PSA_ALG_KEY_AGREEMENT_GET_BASE(asked) == policy);
}

static psa_status_t check_policy(struct driver *driver, const psa_key_attributes_t *attributes, psa_algorithm_t alg)
{
    if ((psa_get_key_usage_flags(attributes) & PSA_KEY_USAGE_DERIVE) == 0 ||
        (!permits(psa_get_key_algorithm(attributes), alg) &&
         !permits(psa_get_key_enrollment_algorithm(attributes), alg)))
        return operation_refuse(driver, PSA_ERROR_NOT_PERMITTED, ERROR_KEY_ATTRIBUTES,
                                "the key's policy does not permit key agreement",
                                "register the key's slot under another id, with PSA_KEY_USAGE_DERIVE and PSA_ALG_ECDH");
    if (PSA_KEY_LIFETIME_GET_LOCATION(psa_get_key_lifetime(attributes)) != DRIVER_LOCATION)
        return operation_refuse(driver, PSA_ERROR_NOT_SUPPORTED, ERROR_KEY_ATTRIBUTES, "the key is not in the chip",
                                "use psa_raw_key_agreement()");
    return PSA_SUCCESS;
}

static psa_status_t check_call(struct driver *driver, psa_algorithm_t alg, size_t output_size)
{
    if (output_size < P256_BYTES)
        return operation_refuse(driver, PSA_ERROR_BUFFER_TOO_SMALL, ERROR_USAGE, "a shared secret needs 32 bytes",
                                NULL);
    if (alg != PSA_ALG_ECDH)
        return operation_refuse(driver, PSA_ERROR_NOT_SUPPORTED, ERROR_USAGE, "raw key agreement has no key derivation",
                                "ask for PSA_ALG_ECDH");
    return PSA_SUCCESS;
}

/* The slot of the key, which a built-in id names, or else its record. */
static psa_status_t find_slot(struct driver *driver, psa_key_id_t id, uint8_t *slot)
{
    struct driver_record record;
    psa_status_t status;

    *slot = driver_slot_in_builtin_id(id);
    if (*slot != DRIVER_SLOT_ANY)
        return PSA_SUCCESS;
    status = driver_read_record(driver, id, &record, &driver->last_error);
    if (status == PSA_SUCCESS)
        *slot = record.slot;
    return status;
}

/* What the PSA core and its driver would do between them. `driver` is the bound one. */
static psa_status_t agree(struct driver *driver, psa_algorithm_t alg, psa_key_id_t id, struct bytes peer,
                          struct bytes_out *output)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    psa_status_t status = psa_get_key_attributes(id, &attributes);
    uint8_t slot = CHIP_SLOTS;

    if (status != PSA_SUCCESS)
        return status;
    (void)driver_begin_recovered();
    status = check_policy(driver, &attributes, alg);
    if (status == PSA_SUCCESS)
        status = check_call(driver, alg, output->cap);
    if (status == PSA_SUCCESS)
        status = find_slot(driver, id, &slot);
    if (status == PSA_SUCCESS)
        status = driver_agree(driver, slot, peer, output->data);
    if (status == PSA_SUCCESS)
        output->len = P256_BYTES;
    error_doing(&driver->last_error, "agree on a secret");
    status = driver_finish_key(driver, &attributes, status);
    psa_reset_key_attributes(&attributes);
    return status;
}

psa_status_t imprint_key_agreement(psa_algorithm_t alg, mbedtls_svc_key_id_t private_key, const uint8_t *peer_key,
                                   size_t peer_key_length, uint8_t *output, size_t output_size, size_t *output_length)
{
    struct driver *driver = driver_bound();
    struct bytes_out out = {.data = output, .cap = output_size};
    psa_status_t status = PSA_ERROR_BAD_STATE;

    if (driver != NULL) {
        keys_forget_reason(driver);
        status = PSA_ALG_IS_KEY_AGREEMENT(alg)
                     ? agree(driver, alg, private_key, bytes_of(peer_key, peer_key_length), &out)
                     : PSA_ERROR_INVALID_ARGUMENT;
    }
    if (status != PSA_SUCCESS)
        bytes_wipe(output, output_size);
    *output_length = out.len;
    return status;
}
