/* SPDX-License-Identifier: Apache-2.0 */
#include "provision/prove.h"

#include <string.h>

#include "chip/operations.h"
#include "crypto/verify.h"
#include "link/proof.h"
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

/* The station's nonce, or a random challenge where no station waits for the proof. */
static psa_status_t choose_challenge(const struct provision *provision,
                                     uint8_t challenge[static PROVISION_CHALLENGE_BYTES])
{
    if (provision->nonce == NULL)
        return psa_generate_random(challenge, PROVISION_CHALLENGE_BYTES);
    memcpy(challenge, provision->nonce, PROVISION_CHALLENGE_BYTES);
    return PSA_SUCCESS;
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

/* A key that this run made has no record yet. */
static enum provision_status prove_is_recorded(const struct provision *provision,
                                               const struct provision_key_evidence *evidence, struct error *err)
{
    const struct provision_callbacks *callbacks = &provision->callbacks;

    if (evidence->created || callbacks->matches_record == NULL ||
        callbacks->matches_record(callbacks->context, evidence, err))
        return PROVISION_OK;
    return provision_status_of(err);
}

/* A signature that does not verify: is there another key in the slot than the recorded one? */
static enum provision_status refuse_signature(struct provision *provision, const struct profile_key *key,
                                              struct provision_key_evidence *evidence, struct error *err)
{
    enum provision_status result = read_public_key(provision, key, evidence->public_key, err);

    if (result == PROVISION_OK)
        result = prove_is_recorded(provision, evidence, err);
    if (result != PROVISION_OK)
        return result;
    error_set(err, ERROR_PROOF_FAILED, "the key's signature over a fresh challenge does not verify", DO_NOT_SHIP);
    return PROVISION_REFUSED;
}

/* A host's library may refuse a good signature, where a policy of the machine forbids the curve or the hash. */
static bool verifies(const struct provision *provision, const struct provision_key_evidence *evidence,
                     struct bytes message)
{
    const struct provision_callbacks *callbacks = &provision->callbacks;

    if (callbacks->verifies != NULL &&
        callbacks->verifies(callbacks->context, evidence->public_key, evidence->hash, message, evidence->signature))
        return true;
    return crypto_verify_message(evidence->public_key, evidence->hash, message, evidence->signature) == PSA_SUCCESS;
}

/* Whoever may sign a hash may sign a message too (profile_usage_extended()), which PSA hashes for the chip. */
static enum provision_status prove_signature(struct provision *provision, const struct profile_key *key,
                                             const uint8_t serial[static CHIP_SERIAL_BYTES],
                                             struct provision_key_evidence *evidence, struct error *err)
{
    const psa_algorithm_t algorithm = proof_algorithm(key);
    uint8_t text[LINK_PROOF_MAX];
    struct bytes_out message = {.data = text, .cap = sizeof(text)};
    psa_status_t status;

    evidence->hash = PSA_ALG_CATEGORY_HASH | (algorithm & PSA_ALG_HASH_MASK);
    status = choose_challenge(provision, evidence->challenge);
    if (status == PSA_SUCCESS &&
        !link_proof_text(serial, key->id, bytes_of(evidence->challenge, sizeof(evidence->challenge)), &message))
        status = PSA_ERROR_BUFFER_TOO_SMALL;
    if (status == PSA_SUCCESS)
        status =
            keys_sign_message(provision->driver, key->id, algorithm, bytes_written(&message), evidence->signature, err);
    if (status != PSA_SUCCESS) {
        error_doing(err, "let the key sign a challenge");
        return provision_psa_failed(provision, status, key, err);
    }
    if (evidence->unverified || verifies(provision, evidence, bytes_written(&message)))
        return PROVISION_OK;
    return refuse_signature(provision, key, evidence, err);
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

/*
 * The public key that a key which will sign must have: the recorded one, or the one that GenKey returned, or as read in
 * this run. A key that will not sign is proven by what the chip shows of it now: what GenKey returned is no proof.
 */
static enum provision_status find_public_key(struct provision *provision, const struct profile_key *key, bool will_sign,
                                             struct provision_key_evidence *evidence, struct error *err)
{
    const struct provision_callbacks *callbacks = &provision->callbacks;

    if (will_sign && !evidence->created && callbacks->recorded_key != NULL &&
        callbacks->recorded_key(callbacks->context, key, evidence->public_key))
        return PROVISION_OK;
    if (!will_sign && evidence->created)
        driver_forget_slot(provision->driver, evidence->slot);
    return read_public_key(provision, key, evidence->public_key, err);
}

enum provision_status provision_prove_key(struct provision *provision, const struct provision_step *step, bool finished,
                                          const uint8_t serial[static CHIP_SERIAL_BYTES],
                                          struct provision_key_evidence *evidence, struct error *err)
{
    const struct profile_key *key = provision_key_of(provision, step);
    const bool may_sign = (key->usage & SIGNING) != 0, signs = may_sign && !provision_spares_use(provision, step);
    enum provision_status result;

    evidence->key_id = key->id;
    evidence->slot = step->slot;
    evidence->compared = may_sign && !signs;
    evidence->unverified = signs && finished && provision->nonce != NULL;
    result = find_public_key(provision, key, signs, evidence, err);
    if (result == PROVISION_OK)
        result = prove_is_recorded(provision, evidence, err);
    if (result == PROVISION_OK)
        result = prove_is_meant(provision, step->key, evidence->public_key, finished, err);
    if (result == PROVISION_OK && signs)
        result = prove_signature(provision, key, serial, evidence, err);
    evidence->proven = result == PROVISION_OK && !evidence->compared && !evidence->unverified;
    return result;
}

uint32_t provision_proof_needs(const struct profile_key *key)
{
    return PSA_KEY_TYPE_IS_PUBLIC_KEY(key->type) ? CHIP_CAN_READ_CLEAR : CHIP_CAN_GIVE_PUBLIC;
}

bool provision_prove_config(struct provision *provision, const struct provision_plan *plan, struct chip_config *config,
                            struct error *err)
{
    const struct profile *profile = provision->profile;
    const struct chip_config *now;

    /* A use that was counted shows outside the block that is read again of a locked zone. */
    if (provision->driver->chip->counters.counted != 0)
        driver_forget_config(provision->driver);
    if (driver_reread_config(provision->driver, &now, err) != CHIP_OK)
        return false;
    *config = *now;
    if (provision_same_policy(plan, config, err) && (!profile->lock_config || chip_config_is_locked(config)) &&
        (!profile->lock_data || chip_data_is_locked(config)))
        return true;
    error_set(err, ERROR_PROOF_FAILED, "the finished chip's config zone does not match the profile", DO_NOT_SHIP);
    return false;
}
