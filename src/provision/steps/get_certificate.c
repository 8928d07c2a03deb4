/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gets the certificate of a key and puts it where the profile says. The key proves itself first, in this run; the
 * certificate is kept by the caller before anything is written, so that a run after a power cut goes on with the same
 * one. A part whose data zone this profile locks gets it from fill-data, before the lock.
 */
#include <string.h>

#include "chip/operations.h"
#include "profile/certificate.h"
#include "provision/gate.h"
#include "provision/prove.h"
#include "provision/status.h"
#include "provision/steps.h"
#include "provision/steps/certificate.h"
#include "provision/use.h"
#include "psa/keys.h"

#define BLOCK_BYTES 32

bool provision_needs_get_certificate(const struct profile *profile, int key)
{
    return key != PROVISION_NO_KEY && profile_certificate_of(profile, (size_t)key) != NULL;
}

/* ---- looking ---- */

/*
 * The public key of a key that is there: one with a key record, or one that is being adopted, which has none yet. False
 * with a reason; with none (ERROR_NONE): it is not made yet.
 */
static bool find_point(struct provision *provision, const struct provision_plan *plan, int key,
                       uint8_t point[static P256_POINT_BYTES], struct error *err)
{
    for (size_t i = 0; i < plan->step_count; i++) {
        const struct provision_step *maker = &plan->steps[i];

        if (!maker->kind->makes_key || maker->key != key)
            continue;
        if (maker->done)
            return keys_public(provision->driver, provision->profile->keys[key].id, point, err) == PSA_SUCCESS;
        return maker->adopts && keys_public_in_slot(provision->driver, maker->slot, point, err) == PSA_SUCCESS;
    }
    return false;
}

/*
 * The certificate that was issued before for the key that is there; empty where there is none, and `request` says what
 * it takes to have one issued.
 */
static bool find_issued(struct provision *provision, const struct provision_plan *plan,
                        const struct provision_step *step, struct bytes *der, enum provision_request *request,
                        struct error *err)
{
    const struct provision_certificates *certificates = provision->certificates;
    uint8_t point[P256_POINT_BYTES];
    size_t index;
    bool is_made;

    *der = BYTES_NONE;
    *request = PROVISION_REQUEST_NONE;
    if (certificates == NULL) {
        error_set(err, ERROR_UNEXPECTED, "this program cannot get certificates, which the profile has",
                  "use imprint provision, or leave the certificates out of the profile");
        return false;
    }
    (void)certificate_of_key(provision->profile, step->key, &index);
    is_made = find_point(provision, plan, step->key, point, err);
    if (!is_made && err->reason != ERROR_NONE)
        return false;
    if (is_made && !certificates->get(certificates->context, index, plan->serial, point, false, der, err))
        return false;
    return der->len != 0 || certificates->request == NULL ||
           certificates->request(certificates->context, index, plan->serial, is_made ? point : NULL, request, err);
}

static bool refuse_slot(const struct provision_plan *plan, uint8_t slot, enum certificate_place place,
                        struct error *err)
{
    if ((chip_slot_can(&plan->found, slot) & CHIP_CAN_WRITE_CLEAR) == 0)
        error_set(err, ERROR_SLOT_POLICY,
                  place == CERTIFICATE_STRANGER
                      ? "the slot holds another certificate, or one of another issuer, and can "
                        "never be written again"
                  : place == CERTIFICATE_OTHER ? "the slot holds other data, and can never be written again"
                                               : "the slot for the certificate cannot be written in clear",
                  "name other slots in the profile: imprint info shows what each allows");
    else
        error_set(err, ERROR_SLOT_FILLED,
                  place == CERTIFICATE_STRANGER
                      ? "the slot holds another certificate, or one of another issuer, and the profile does not allow "
                        "to replace it"
                      : "the slot holds other data, and the profile does not allow to replace it",
                  "set replace: unclaimed for this certificate, if what is there may be lost for ever");
    error_at_slot(err, slot);
    return false;
}

/* A finished device that is taken over keeps what its slots hold: it must be what this station would have put there. */
static bool refuse_adoption(uint8_t slot, struct error *err)
{
    error_set(err, ERROR_CERTIFICATE_DIFFERS,
              "the slot holds another certificate than the profile's by this station's issuer",
              "use the profile and the issuer that the device was made with (issuers.yaml of that station)");
    error_at_slot(err, slot);
    return false;
}

/* One slot: notes what is still to do there. */
static bool observe_slot(struct provision *provision, const struct provision_plan *plan, uint8_t slot,
                         struct provision_step *step, struct error *err)
{
    const struct profile_certificate *certificate = certificate_of_key(provision->profile, step->key, NULL);
    uint8_t content[PROVISION_CERTIFICATE_BYTES];
    enum certificate_place place;
    bool is_known;

    if ((chip_slot_can(&plan->found, slot) & CHIP_CAN_READ_CLEAR) == 0) {
        error_set(err, ERROR_SLOT_POLICY, "the slot for the certificate cannot be read in clear",
                  "name other slots in the profile: imprint info shows what each allows");
        error_at_slot(err, slot);
        return false;
    }
    is_known = provision->certificates->slot(provision->certificates->context, slot, content);
    if (!certificate_compare_slot(provision, slot, is_known ? content : NULL, &place, err))
        return false;
    if (provision->adoption != NULL && certificate_place_is_taken(place))
        return refuse_adoption(slot, err);
    step->done = step->done && place == CERTIFICATE_SAME;
    step->store_only = step->store_only && place == CERTIFICATE_SAME;
    step->loses_data = step->loses_data || certificate_place_is_taken(place);
    step->forever = step->loses_data;
    if (place == CERTIFICATE_SAME || ((chip_slot_can(&plan->found, slot) & CHIP_CAN_WRITE_CLEAR) != 0 &&
                                      (place == CERTIFICATE_BLANK || certificate->replace != PROFILE_REPLACE_NEVER)))
        return true;
    return refuse_slot(plan, slot, place, err);
}

static bool observe_slots(struct provision *provision, const struct provision_plan *plan, struct provision_step *step,
                          struct error *err)
{
    uint8_t slots[CERTIFICATE_SLOTS];

    certificate_slots(certificate_of_key(provision->profile, step->key, NULL), slots);
    if (slots[0] != 0 && !chip_data_is_locked(&plan->found) && !provision->profile->lock_data) {
        error_set(err, ERROR_DATA_UNLOCKED,
                  "a certificate in the chip can only be read after the data zone is locked, and the profile does not "
                  "lock it",
                  "use a part that is locked already, or a profile with lock: [config, data]");
        error_at_slot(err, slots[0]);
        return false;
    }
    for (size_t i = 0; i < CERTIFICATE_SLOTS; i++) {
        if (slots[i] == 0)
            continue;
        if (!chip_data_is_locked(&plan->found))
            step->done = step->store_only = false;
        else if (!observe_slot(provision, plan, slots[i], step, err))
            return false;
    }
    return true;
}

static bool refuse_psa(uint32_t key_id, struct error *err)
{
    error_set(err, ERROR_FOREIGN_KEY, "the key id exists, and holds something else than this device's certificate",
              "list it with: imprint keys; choose another psa-id for the certificate");
    error_with_key(err, key_id);
    return false;
}

static bool observe(struct provision *provision, struct provision_plan *plan, struct provision_step *step,
                    struct error *err)
{
    const struct profile_certificate *certificate = certificate_of_key(provision->profile, step->key, NULL);
    enum certificate_place place = CERTIFICATE_SAME;
    enum provision_request request;
    struct bytes der;

    if (!find_issued(provision, plan, step, &der, &request, err))
        return false;
    step->done = step->store_only = der.len != 0;
    if (!observe_slots(provision, plan, step, err))
        return false;
    if (certificate->psa_id != 0 && !certificate_compare_psa(provision, certificate->psa_id, der, &place, err))
        return false;
    if (certificate_place_is_taken(place))
        return refuse_psa(certificate->psa_id, err);
    step->done = step->done && place == CERTIFICATE_SAME;
    /* A certificate that was issued before is only written: no issuer relies on a proof. */
    return provision_observe_certificate_use(provision, plan, step, der.len == 0 && request != PROVISION_REQUEST_KEPT,
                                             request == PROVISION_REQUEST_NEEDED, err);
}

/* ---- doing ---- */

static enum provision_status write_slot(struct provision *provision, uint8_t slot, struct error *err)
{
    uint8_t content[3 * BLOCK_BYTES];
    enum certificate_place place;

    memset(content, 0xff, sizeof content); /* what follows in a longer slot is as the part was shipped */
    if (!provision->certificates->slot(provision->certificates->context, slot, content)) {
        error_set(err, ERROR_UNEXPECTED, "the certificate has nothing for one of its slots", NULL);
        error_at_slot(err, slot);
        return PROVISION_REFUSED;
    }
    if (!certificate_compare_slot(provision, slot, content, &place, err))
        return provision_status_of(err);
    for (uint8_t block = 0; block < 3 && place != CERTIFICATE_SAME; block++) {
        if (chip_write_slot_block(provision->driver->chip, slot, block, content + block * BLOCK_BYTES, err) == CHIP_OK)
            continue;
        error_at_slot(err, slot);
        return provision_status_of(err);
    }
    return PROVISION_OK;
}

/* The issuer's key and certificate first: who finds the device's certificate finds them, too. */
static enum provision_status write_slots(struct provision *provision, const struct profile_certificate *certificate,
                                         struct error *err)
{
    enum provision_status result = PROVISION_OK;
    uint8_t slots[CERTIFICATE_SLOTS];

    certificate_slots(certificate, slots);
    for (size_t i = CERTIFICATE_SLOTS; i > 0 && result == PROVISION_OK; i--) {
        if (slots[i - 1] != 0)
            result = write_slot(provision, slots[i - 1], err);
    }
    return result;
}

static enum provision_status store_whole(struct provision *provision, uint32_t key_id, struct bytes der,
                                         struct error *err)
{
    enum certificate_place place;
    psa_status_t status;

    if (!certificate_compare_psa(provision, key_id, der, &place, err))
        return provision_status_of(err);
    if (place == CERTIFICATE_SAME)
        return PROVISION_OK;
    status = keys_store_data(provision->driver, key_id, der, err);
    if (status == PSA_SUCCESS)
        return PROVISION_OK;
    error_doing(err, "store the certificate as PSA data");
    return provision_psa_failed(provision, status, NULL, err);
}

/*
 * The proof that its issuer may rely on: of this run, whatever the record says. A key that counts its uses signs no
 * other in this run: the step that proves it takes this one. A caller finds it in the evidence.
 */
static enum provision_status prove(struct provision_run *run, const struct provision_step *step,
                                   uint8_t point[static P256_POINT_BYTES], struct error *err)
{
    struct provision_key_evidence *evidence = &run->evidence->keys[step->key];
    enum provision_status result =
        provision_prove_key(run->provision, step, run->finished, run->plan->serial, evidence, err);

    if (result == PROVISION_OK && !mark_has_key(&run->plan->mark, (size_t)step->key, evidence->public_key)) {
        error_set(err, ERROR_FOREIGN_KEY, "the slot holds another key than the one that the chip's mark names",
                  "do not ship this device; find out who replaced the key");
        result = PROVISION_WRONG;
    }
    memcpy(point, evidence->public_key, P256_POINT_BYTES);
    return result;
}

static enum provision_status run(struct provision_run *run, struct provision_step *step, struct error *err)
{
    struct provision *provision = run->provision;
    size_t index;
    const struct profile_certificate *certificate = certificate_of_key(provision->profile, step->key, &index);
    const struct provision_certificates *certificates = provision->certificates;
    uint8_t point[P256_POINT_BYTES];
    struct bytes der;
    enum provision_status result = PROVISION_OK;

    if (step->forever)
        result = provision_gate_ask(run, step, err);
    if (result == PROVISION_OK)
        result = prove(run, step, point, err);
    if (result != PROVISION_OK)
        return result;
    if (!certificates->get(certificates->context, index, run->plan->serial, point, true, &der, err))
        return provision_status_of(err);
    /* First what may have no room: in the slots something else may be lost. */
    if (certificate->psa_id != 0)
        result = store_whole(provision, certificate->psa_id, der, err);
    if (result == PROVISION_OK && chip_data_is_locked(&run->plan->found))
        result = write_slots(provision, certificate, err);
    return result;
}

const struct provision_step_kind provision_step_get_certificate = {
    .name = "get-certificate",
    .is_persistent = true,
    .is_needed = provision_needs_get_certificate,
    .observe = observe,
    .run = run,
    .doing = "get the certificate",
};
