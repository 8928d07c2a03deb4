/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proves a certificate by use, in each run and after all else: the caller connects to a server with the device's key
 * and certificate. A key that counts its uses signs for that once, and the record of that connection is trusted then.
 */
#include "chip/operations.h"
#include "profile/certificate.h"
#include "provision/gate.h"
#include "provision/run.h"
#include "provision/status.h"
#include "provision/steps.h"
#include "provision/steps/certificate.h"
#include "provision/use.h"

bool provision_needs_prove_tls(const struct profile *profile, int key)
{
    const struct profile_certificate *certificate =
        key != PROVISION_NO_KEY ? profile_certificate_of(profile, (size_t)key) : NULL;

    return certificate != NULL && certificate->prove == PROFILE_PROVE_TLS;
}

static bool observe(struct provision *provision, struct provision_plan *plan, struct provision_step *step,
                    struct error *err)
{
    const struct provision_connections *connections = provision->connections;
    size_t index;

    if (connections == NULL) {
        error_set(err, ERROR_UNEXPECTED, "this program cannot connect to a server, which the profile asks for",
                  "use imprint provision, or leave prove: tls out of the profile");
        return false;
    }
    (void)certificate_of_key(provision->profile, step->key, &index);
    return connections->check(connections->context, index, err) &&
           provision_observe_one_use(provision, plan, step, connections->recorded(connections->context, index), err);
}

static enum provision_status run(struct provision_run *run, struct provision_step *step, struct error *err)
{
    struct provision *provision = run->provision;
    const struct provision_connections *connections = provision->connections;
    enum provision_status result = PROVISION_OK;
    size_t index;

    (void)certificate_of_key(provision->profile, step->key, &index);
    if (step->spends_use)
        result = provision_gate_ask(run, step, err);
    if (result != PROVISION_OK)
        return result;
    chip_sleep(provision->driver->chip); /* a server may take its time: the chip is not to stay awake for it */
    if (connections->prove(connections->context, index, !provision_spares_use(provision, step), err))
        return PROVISION_OK;
    return provision_status_of(err);
}

const struct provision_step_kind provision_step_prove_tls = {
    .name = "prove-tls",
    .by_use = true,
    .sends_most = CHIP_SENT_BYTES(CHIP_DIGEST_BYTES),
    .receives_most = CHIP_REPLY_BYTES(CHIP_SIGNATURE_BYTES),
    .is_needed = provision_needs_prove_tls,
    .observe = observe,
    .run = run,
    .doing = "prove the certificate by a connection",
};
