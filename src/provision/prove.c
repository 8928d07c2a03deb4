/* SPDX-License-Identifier: Apache-2.0 */
#include "provision/prove.h"

#include <string.h>

#include "chip/operations.h"
#include "crypto/verify.h"
#include "provision/status.h"
#include "provision/use.h"
#include "psa/keys.h"

#define DO_NOT_SHIP "do not ship this device; look at it with: imprint info"
#define SIGNING (PSA_KEY_USAGE_SIGN_HASH | PSA_KEY_USAGE_SIGN_MESSAGE)

/* The algorithm by which a key proves itself: its own, which is ECDSA; where that allows any hash, with SHA-256. */
static psa_algorithm_t proof_algorithm(const struct profile_key *key)
{
    return key->algorithm == PSA_ALG_ECDSA(PSA_ALG_ANY_HASH) ? PSA_ALG_ECDSA(PSA_ALG_SHA_256) : key->algorithm;
}

/* Whoever may sign a hash may sign a message too (profile_usage_extended()), which PSA hashes for the chip. */
static enum provision_status prove_signature(struct provision *provision, const struct profile_key *key,
                                             struct provision_key_evidence *evidence, struct error *err)
{
    const psa_algorithm_t algorithm = proof_algorithm(key);
    psa_status_t status;

    evidence->hash = PSA_ALG_CATEGORY_HASH | (algorithm & PSA_ALG_HASH_MASK);
    status = psa_generate_random(evidence->challenge, sizeof(evidence->challenge));
    if (status == PSA_SUCCESS)
        status =
            keys_sign_message(provision->driver, key->id, algorithm,
                              bytes_of(evidence->challenge, sizeof(evidence->challenge)), evidence->signature, err);
    if (status != PSA_SUCCESS) {
        error_doing(err, "let the key sign a challenge");
        return provision_psa_failed(provision, status, key, err);
    }
    if (crypto_verify_message(evidence->public_key, evidence->hash,
                              bytes_of(evidence->challenge, sizeof(evidence->challenge)),
                              evidence->signature) == PSA_SUCCESS)
        return PROVISION_OK;
    error_set(err, ERROR_PROOF_FAILED, "the key's signature over a fresh challenge does not verify", DO_NOT_SHIP);
    return PROVISION_REFUSED;
}

static enum provision_status read_public_key(struct provision *provision, const struct profile_key *key,
                                             uint8_t point[static P256_POINT_BYTES], struct error *err)
{
    psa_status_t status;

    status = keys_public(provision->driver, key->id, point, err);
    if (status == PSA_SUCCESS)
        return PROVISION_OK;
    error_doing(err, "read the public key");
    return provision_psa_failed(provision, status, key, err);
}

/* Asks the kind of step that makes the key whether the chip shows the key that the profile means. */
static enum provision_status prove_is_meant(struct provision *provision, int key, const uint8_t *point, bool finished,
                                            struct error *err)
{
    const struct profile *profile = provision->profile;

    for (const struct provision_step_kind *const *kind = provision->steps; *kind != NULL; kind++) {
        if ((*kind)->prove != NULL && (*kind)->is_needed(profile, key))
            return (*kind)->prove(provision, &profile->keys[key], point, finished, err);
    }
    return PROVISION_OK;
}

enum provision_status provision_prove_key(struct provision *provision, const struct provision_step *step, bool finished,
                                          struct provision_key_evidence *evidence, struct error *err)
{
    const struct profile_key *key = provision_key_of(provision, step);
    enum provision_status result;

    evidence->key_id = key->id;
    evidence->slot = step->slot;
    result = read_public_key(provision, key, evidence->public_key, err);
    if (result == PROVISION_OK)
        result = prove_is_meant(provision, step->key, evidence->public_key, finished, err);
    evidence->compared = (key->usage & SIGNING) != 0 && provision_spares_use(provision, step);
    if (result == PROVISION_OK && (key->usage & SIGNING) != 0 && !evidence->compared)
        result = prove_signature(provision, key, evidence, err);
    evidence->proven = result == PROVISION_OK && !evidence->compared;
    return result;
}

uint32_t provision_proof_needs(const struct profile_key *key)
{
    return PSA_KEY_TYPE_IS_PUBLIC_KEY(key->type) ? CHIP_CAN_READ_CLEAR : CHIP_CAN_GIVE_PUBLIC;
}

bool provision_look_again(struct provision *provision, const struct provision_plan *plan, struct chip_config *config,
                          struct error *err)
{
    const struct chip_config *now;
    uint8_t serial[CHIP_SERIAL_BYTES];

    driver_forget_config(provision->driver);
    if (driver_config(provision->driver, &now, err) != CHIP_OK)
        return false;
    *config = *now;
    chip_config_serial(config, serial);
    if (memcmp(serial, plan->serial, sizeof(serial)) == 0)
        return true;
    error_set(err, ERROR_WRONG_PART, "another chip answers than the one the plan was made for",
              "leave the device in its place and run again");
    return false;
}

bool provision_prove_config(struct provision *provision, const struct provision_plan *plan, struct chip_config *config,
                            struct error *err)
{
    const struct profile *profile = provision->profile;

    if (!provision_look_again(provision, plan, config, err))
        return false;
    if (provision_same_policy(plan, config, err) && (!profile->lock_config || chip_config_is_locked(config)) &&
        (!profile->lock_data || chip_data_is_locked(config)))
        return true;
    error_set(err, ERROR_PROOF_FAILED, "the finished chip's config zone does not match the profile", DO_NOT_SHIP);
    return false;
}
