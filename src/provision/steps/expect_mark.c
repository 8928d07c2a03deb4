/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looks only, and before the configuration is compared: reads the head of the mark into the plan, and refuses a device
 * that another profile made, by the name of that profile. A slot that cannot be read now is for finish-mark to refuse.
 */
#include <string.h>

#include "chip/operations.h"
#include "provision/mark_slot.h"
#include "provision/steps.h"

bool provision_needs_expect_mark(const struct profile *profile, int key)
{
    return key == PROVISION_NO_KEY && profile->mark_slot != 0;
}

static void refuse_content(const struct mark *mark, struct error *err)
{
    const bool damaged = mark->state == MARK_DAMAGED;

    error_set(
        err, ERROR_NO_MARK,
        damaged ? "the mark in the slot is damaged" : "the slot for the mark holds other data, which would be lost",
        damaged ? "clear it, and give up what it says: imprint retire SERIAL (imprint info shows the serial number)"
                : "name a slot without data in chip.mark: imprint info shows what each slot allows");
}

/* A cut in the description changes keys, not the name; what is damaged otherwise is shown as it is. */
static void refuse_other(struct chip *chip, uint8_t slot, const struct mark *mark, struct error *err)
{
    const size_t blocks = mark_description_bytes(mark->key_count) / MARK_BLOCK_BYTES;
    uint8_t description[MARK_DESCRIPTION_MAX];
    char name[PROFILE_NAME_MAX];

    error_set(err, ERROR_OTHER_PROFILE, "the mark says that this device was made, or begun, by another profile",
              "use that profile; all that the mark says: imprint info");
    for (size_t i = 0; i < blocks; i++) {
        if (chip_read_slot_block(chip, slot, (uint8_t)(1 + i), description + i * MARK_BLOCK_BYTES, NULL) != CHIP_OK)
            return;
    }
    mark_profile_name(mark, description, name);
    error_with_subject(err, name);
}

static bool observe(struct provision *provision, struct provision_plan *plan, struct provision_step *step,
                    struct error *err)
{
    const uint8_t slot = provision->profile->mark_slot;
    struct chip *chip = provision->driver->chip;
    uint8_t head[MARK_BLOCK_BYTES];

    (void)step;
    if ((chip_slot_can(&plan->found, slot) & CHIP_CAN_READ_CLEAR) == 0) /* nor before the data lock */
        return true;
    if (chip_read_slot_block(chip, slot, 0, head, err) != CHIP_OK)
        return false;
    if (!mark_read_head(head, plan->profile_digest, &plan->mark))
        refuse_content(&plan->mark, err);
    else if (plan->mark.state != MARK_NONE &&
             memcmp(plan->mark.profile, plan->profile_digest, sizeof(plan->mark.profile)) != 0)
        refuse_other(chip, slot, &plan->mark, err);
    else
        return true;
    error_at_slot(err, slot);
    return false;
}

const struct provision_step_kind provision_step_expect_mark = {
    .name = "expect-mark",
    .is_needed = provision_needs_expect_mark,
    .observe = observe,
};
