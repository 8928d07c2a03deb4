/* SPDX-License-Identifier: Apache-2.0 */
#include "provision/replace.h"

#include <string.h>

#include "chip/operations.h"
#include "provision/gate.h"
#include "provision/status.h"
#include "psa/keys.h"

_Static_assert(PROVISION_LOST_BYTES == MARK_HASH_MAX, "plan and mark show the same part of a hash");

/* Does the chip show the public key of what the slot holds? */
static bool shows_key(const struct provision_plan *plan, uint8_t slot)
{
    const uint32_t needs = chip_slot_is_private(&plan->found, slot) ? CHIP_CAN_GIVE_PUBLIC : CHIP_CAN_READ_CLEAR;

    return (chip_slot_can(&plan->found, slot) & needs) != 0;
}

/* The start of the hash of the public key in the slot, and the key itself. */
static psa_status_t read_lost(struct provision *provision, uint8_t slot, uint8_t point[static P256_POINT_BYTES],
                              uint8_t lost[static PROVISION_LOST_BYTES], struct error *err)
{
    uint8_t hash[MARK_SHA256_BYTES];
    psa_status_t status = keys_public_in_slot(provision->driver, slot, point, err);

    if (status == PSA_SUCCESS)
        status = mark_hash_key(point, hash);
    if (status == PSA_SUCCESS)
        memcpy(lost, hash, PROVISION_LOST_BYTES);
    return status;
}

psa_status_t provision_observe_loss(struct provision *provision, const struct provision_plan *plan,
                                    enum driver_fill fill, struct provision_step *step, struct error *err)
{
    const struct provision_callbacks *callbacks = &provision->callbacks;
    uint8_t point[P256_POINT_BYTES];
    psa_status_t status = PSA_SUCCESS;

    if (fill == DRIVER_FILL_EMPTY)
        return PSA_SUCCESS;
    step->replaces = step->forever = true;
    step->shows_lost = fill == DRIVER_FILL_KEY && shows_key(plan, step->slot);
    if (step->shows_lost)
        status = read_lost(provision, step->slot, point, step->lost, err);
    if (status == PSA_SUCCESS && callbacks->may_replace != NULL)
        (void)callbacks->may_replace(callbacks->context, step->slot, step->shows_lost ? point : NULL, err);
    return status;
}

enum provision_status provision_gate_replace(struct provision_run *run, const struct provision_step *step,
                                             struct error *err)
{
    uint8_t point[P256_POINT_BYTES], lost[PROVISION_LOST_BYTES];
    psa_status_t status;

    if (step->shows_lost) {
        driver_forget_slot(run->provision->driver, step->slot); /* what counts is the chip as it is now */
        status = read_lost(run->provision, step->slot, point, lost, err);
        if (status != PSA_SUCCESS)
            return provision_psa_failed(run->provision, status, provision_key_of(run->provision, step), err);
        if (memcmp(lost, step->lost, sizeof(lost)) != 0) {
            error_set(err, ERROR_GATE_REFUSED, "the slot holds another key than the plan says will be lost",
                      "run again, and read the plan");
            return PROVISION_REFUSED;
        }
    }
    return provision_gate_ask(run, step, err);
}
