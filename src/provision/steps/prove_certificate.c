/* SPDX-License-Identifier: Apache-2.0 */
/* Reads back, in each run, what the chip and the key store hold of a certificate: never found done. */
#include "chip/operations.h"
#include "profile/certificate.h"
#include "provision/run.h"
#include "provision/status.h"
#include "provision/steps.h"
#include "provision/steps/certificate.h"

bool provision_needs_prove_certificate(const struct profile *profile, int key)
{
    return provision_needs_get_certificate(profile, key);
}

static enum provision_status refuse(struct error *err)
{
    error_set(err, ERROR_PROOF_FAILED, "the certificate reads back other than it was issued",
              "take this part off the line: it does not keep what is written to it");
    return PROVISION_REFUSED;
}

static enum provision_status check_slots(struct provision *provision, const struct profile_certificate *certificate,
                                         struct error *err)
{
    const struct provision_certificates *certificates = provision->certificates;
    uint8_t slots[CERTIFICATE_SLOTS], content[PROVISION_CERTIFICATE_BYTES];
    enum certificate_place place;

    certificate_slots(certificate, slots);
    for (size_t i = 0; i < CERTIFICATE_SLOTS; i++) {
        if (slots[i] == 0)
            continue;
        if (!certificates->slot(certificates->context, slots[i], content))
            return refuse(err);
        if (!certificate_compare_slot(provision, slots[i], content, &place, err))
            return provision_status_of(err);
        if (place != CERTIFICATE_SAME) {
            error_at_slot(err, slots[i]);
            return refuse(err);
        }
    }
    return PROVISION_OK;
}

static enum provision_status run(struct provision_run *run, struct provision_step *step, struct error *err)
{
    struct provision *provision = run->provision;
    const struct provision_certificates *certificates = provision->certificates;
    size_t index;
    const struct profile_certificate *certificate = certificate_of_key(provision->profile, step->key, &index);
    const uint8_t *point = run->evidence->keys[step->key].public_key;
    enum certificate_place place = CERTIFICATE_SAME;
    enum provision_status result;
    struct bytes der;

    if (!certificates->get(certificates->context, index, run->plan->serial, point, false, &der, err))
        return provision_status_of(err);
    if (der.len == 0)
        return refuse(err);
    result = check_slots(provision, certificate, err);
    if (result == PROVISION_OK && certificate->psa_id != 0 &&
        !certificate_compare_psa(provision, certificate->psa_id, der, &place, err))
        result = provision_status_of(err);
    return result == PROVISION_OK && place != CERTIFICATE_SAME ? refuse(err) : result;
}

const struct provision_step_kind provision_step_prove_certificate = {
    .name = "prove-certificate",
    .is_needed = provision_needs_prove_certificate,
    .run = run,
    .doing = "read the certificate back",
};
