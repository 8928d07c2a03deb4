/* SPDX-License-Identifier: Apache-2.0 */
#include "provision/prove.h"

#include <string.h>

#include "chip/operations.h"
#include "provision/status.h"

#define POINT_BYTES 65
#define SIGNING (PSA_KEY_USAGE_SIGN_HASH | PSA_KEY_USAGE_SIGN_MESSAGE)

static enum provision_status proof_failed(const struct profile_key *key, uint8_t slot, const char *cause,
                                          struct error *err)
{
    error_set(err, ERROR_PROOF_FAILED, cause, "do not ship this device; look at it with: imprint info");
    error_at_slot(err, slot);
    error_with_key(err, key->id);
    return PROVISION_REFUSED;
}

/* The hash that a key of this algorithm signs; ECDSA with any hash takes SHA-256. */
static psa_algorithm_t hash_of(psa_algorithm_t algorithm)
{
    psa_algorithm_t hash = PSA_ALG_SIGN_GET_HASH(algorithm);

    return hash == PSA_ALG_ANY_HASH || hash == 0 ? PSA_ALG_SHA_256 : hash;
}

/* Verifies with Mbed TLS's software, on a volatile copy of the public key: not with the chip, and not with our code. */
static psa_status_t verify_in_software(const uint8_t point[static POINT_BYTES], psa_algorithm_t hash,
                                       struct bytes digest, struct bytes signature)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    psa_key_id_t copy = 0;
    psa_status_t status;

    psa_set_key_type(&attributes, PSA_KEY_TYPE_ECC_PUBLIC_KEY(PSA_ECC_FAMILY_SECP_R1));
    psa_set_key_bits(&attributes, 256);
    psa_set_key_algorithm(&attributes, PSA_ALG_ECDSA(hash));
    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_VERIFY_HASH);
    status = psa_import_key(&attributes, point, POINT_BYTES, &copy);
    if (status == PSA_SUCCESS) {
        status = psa_verify_hash(copy, PSA_ALG_ECDSA(hash), digest.data, digest.len, signature.data, signature.len);
        (void)psa_destroy_key(copy);
    }
    return status;
}

/* By the right that the key has: to sign a hash, or else the message itself, which PSA hashes. */
static psa_status_t sign_challenge(struct provision *provision, const struct profile_key *key, struct bytes digest,
                                   struct provision_key_evidence *evidence, size_t *len)
{
    psa_algorithm_t algorithm = PSA_ALG_ECDSA(evidence->hash);

    error_clear(&provision->driver->last_error);
    if ((key->usage & PSA_KEY_USAGE_SIGN_HASH) == 0)
        return psa_sign_message(key->id, algorithm, evidence->challenge, sizeof(evidence->challenge),
                                evidence->signature, sizeof(evidence->signature), len);
    return psa_sign_hash(key->id, algorithm, digest.data, digest.len, evidence->signature, sizeof(evidence->signature),
                         len);
}

static enum provision_status prove_signature(struct provision *provision, const struct profile_key *key, uint8_t slot,
                                             struct provision_key_evidence *evidence, struct error *err)
{
    uint8_t digest[PSA_HASH_MAX_SIZE];
    size_t digest_len = 0;
    size_t signature_len = 0;
    psa_status_t status;

    evidence->hash = hash_of(key->algorithm);
    status = psa_generate_random(evidence->challenge, sizeof(evidence->challenge));
    if (status == PSA_SUCCESS)
        status = psa_hash_compute(evidence->hash, evidence->challenge, sizeof(evidence->challenge), digest,
                                  sizeof(digest), &digest_len);
    if (status == PSA_SUCCESS)
        status = sign_challenge(provision, key, bytes_of(digest, digest_len), evidence, &signature_len);
    if (status != PSA_SUCCESS) {
        error_doing(err, "let the key sign a challenge");
        return provision_psa_failed(provision, status, key, err);
    }
    status = verify_in_software(evidence->public_key, evidence->hash, bytes_of(digest, digest_len),
                                bytes_of(evidence->signature, signature_len));
    if (status != PSA_SUCCESS)
        return proof_failed(key, slot, "the key's signature over a fresh challenge does not verify", err);
    return PROVISION_OK;
}

static enum provision_status read_public_key(struct provision *provision, const struct profile_key *key,
                                             uint8_t point[static POINT_BYTES], struct error *err)
{
    size_t len = 0;
    psa_status_t status;

    error_clear(&provision->driver->last_error);
    status = psa_export_public_key(key->id, point, POINT_BYTES, &len);
    if (status == PSA_SUCCESS && len == POINT_BYTES)
        return PROVISION_OK;
    error_doing(err, "read the public key");
    return provision_psa_failed(provision, status, key, err);
}

enum provision_status provision_prove_key(struct provision *provision, const struct profile_key *key, uint8_t slot,
                                          bool finished, struct provision_key_evidence *evidence, struct error *err)
{
    bool public_key = PSA_KEY_TYPE_IS_PUBLIC_KEY(key->type);
    enum provision_status result;

    memset(evidence->signature, 0, sizeof(evidence->signature));
    evidence->key_id = key->id;
    evidence->slot = slot;
    evidence->proven = false;
    evidence->hash = 0;

    result = read_public_key(provision, key, evidence->public_key, err);
    if (result == PROVISION_OK && key->method == PROFILE_IMPORT)
        result = provision->skills->prove_import(provision, key, evidence->public_key, finished, err);
    if (result == PROVISION_OK && !public_key && (key->usage & SIGNING) != 0)
        result = prove_signature(provision, key, slot, evidence, err);
    evidence->proven = result == PROVISION_OK;
    return result;
}

uint32_t provision_proof_needs(const struct profile_key *key)
{
    return PSA_KEY_TYPE_IS_PUBLIC_KEY(key->type) ? CHIP_CAN_READ_CLEAR : CHIP_CAN_GIVE_PUBLIC;
}

bool provision_same_chip(const struct provision_plan *plan, const struct chip_config *config, struct error *err)
{
    uint8_t serial[CHIP_SERIAL_BYTES];

    chip_config_serial(config, serial);
    if (memcmp(serial, plan->serial, sizeof(serial)) == 0)
        return true;
    error_set(err, ERROR_WRONG_PART, "another chip answers than the one that the plan was made for",
              "leave the device in its place and run again");
    return false;
}

enum provision_status provision_prove_config(struct provision *provision, const struct provision_plan *plan,
                                             struct chip_config *config, struct error *err)
{
    int differs;

    driver_forget_config(provision->driver);
    if (chip_read_config(provision->driver->chip, config, err) != CHIP_OK)
        return provision_status_of(err);
    if (!provision_same_chip(plan, config, err))
        return provision_status_of(err);
    differs = chip_config_compare_policy(plan->part, config, &plan->wanted);
    if (differs >= 0 || (provision->profile->lock_config && !chip_config_is_locked(config)) ||
        (provision->profile->lock_data && !chip_data_is_locked(config))) {
        error_set(err, ERROR_PROOF_FAILED, "the finished chip's config zone is not what the profile wants",
                  "do not ship this device; look at it with: imprint info");
        if (differs >= 0) {
            err->has_config_offset = true;
            err->config_offset = (uint8_t)differs;
            err->expected = plan->wanted.bytes[differs];
            err->found = config->bytes[differs];
        }
        return PROVISION_REFUSED;
    }
    return PROVISION_OK;
}
