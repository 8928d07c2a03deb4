/* SPDX-License-Identifier: Apache-2.0 */
#include "provision/replace.h"

#include <string.h>

#include "chip/operations.h"
#include "psa/keys.h"

_Static_assert(PROVISION_LOST_BYTES == MARK_HASH_MAX, "plan and mark show the same part of a hash");

/* Does the chip show the public key of what the slot holds? */
static bool shows_key(const struct provision_plan *plan, uint8_t slot)
{
    const uint32_t needs = chip_slot_is_private(&plan->found, slot) ? CHIP_CAN_GIVE_PUBLIC : CHIP_CAN_READ_CLEAR;

    return (chip_slot_can(&plan->found, slot) & needs) != 0;
}

psa_status_t provision_observe_loss(struct provision *provision, const struct provision_plan *plan,
                                    enum driver_fill fill, struct provision_step *step, struct error *err)
{
    const struct provision_callbacks *callbacks = &provision->callbacks;
    uint8_t point[P256_POINT_BYTES], hash[MARK_SHA256_BYTES];
    psa_status_t status = PSA_SUCCESS;

    if (fill == DRIVER_FILL_EMPTY)
        return PSA_SUCCESS;
    step->replaces = step->forever = true;
    step->shows_lost = fill == DRIVER_FILL_KEY && shows_key(plan, step->slot);
    if (step->shows_lost) {
        status = keys_public_in_slot(provision->driver, step->slot, point, err);
        if (status == PSA_SUCCESS)
            status = mark_hash_key(point, hash);
        if (status == PSA_SUCCESS)
            memcpy(step->lost, hash, PROVISION_LOST_BYTES);
    }
    if (status == PSA_SUCCESS && callbacks->may_replace != NULL)
        (void)callbacks->may_replace(callbacks->context, step->slot, step->shows_lost ? point : NULL, err);
    return status;
}
