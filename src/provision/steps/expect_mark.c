/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looks only: reads the head of the mark into the plan, and refuses a device that another profile made. Before the data
 * lock nothing can be read, but then no device is done.
 */
#include <string.h>

#include "chip/operations.h"
#include "provision/mark_slot.h"
#include "provision/steps.h"

bool provision_needs_expect_mark(const struct profile *profile, int key)
{
    return key == PROVISION_NO_KEY && profile->mark_slot != 0;
}

#define MARK_NEEDS (CHIP_CAN_READ_CLEAR | CHIP_CAN_WRITE_CLEAR)

/* What is still to be locked is written blind; a data zone that stays open would never show the mark. */
static bool will_be_readable(const struct profile *profile, struct error *err)
{
    if (profile->lock_data)
        return true;
    error_set(err, ERROR_DATA_UNLOCKED,
              "the mark cannot be read back before the data zone is locked, and the profile does not lock it",
              "use a part whose data zone is locked, or leave chip.mark out");
    error_at_slot(err, profile->mark_slot);
    return false;
}

static bool check_slot(const struct provision_plan *plan, uint8_t slot, struct error *err)
{
    if ((chip_slot_can(&plan->found, slot) & MARK_NEEDS) == MARK_NEEDS)
        return true;
    error_set(err, ERROR_SLOT_POLICY,
              "the slot that the profile names for the mark cannot be read and written in clear",
              "name such a slot in chip.mark (imprint info shows what each allows), or leave chip.mark out");
    error_at_slot(err, slot);
    return false;
}

static void refuse_content(const struct provision_plan *plan, uint8_t slot, struct error *err)
{
    if (plan->mark.state == MARK_DAMAGED)
        error_set(err, ERROR_NO_MARK, "the mark in the slot is damaged",
                  "clear it, and give up what it says: imprint retire SERIAL (imprint info shows the serial number)");
    else
        error_set(err, ERROR_NO_MARK, "the slot for the mark holds other data, which would be lost",
                  "name a slot without data in chip.mark: imprint info shows what each slot allows");
    error_at_slot(err, slot);
}

/* Names the profile that made the device, where the mark still says it. */
static void refuse_other(struct provision *provision, const struct provision_plan *plan, struct error *err)
{
    const bool done = plan->mark.state != MARK_BEGUN;

    error_set(err, ERROR_OTHER_PROFILE,
              done ? "another profile made this device: its mark says so"
                   : "another profile has begun with this device: its mark says so",
              "see which with: imprint info; then use that profile");
    error_at_slot(err, provision->profile->mark_slot);
}

static bool observe(struct provision *provision, struct provision_plan *plan, struct provision_step *step,
                    struct error *err)
{
    const uint8_t slot = provision->profile->mark_slot;
    uint8_t head[MARK_BLOCK_BYTES];

    (void)step;
    if (!chip_data_is_locked(&plan->found))
        return will_be_readable(provision->profile, err);
    if (!check_slot(plan, slot, err) || chip_read_slot_block(provision->driver->chip, slot, 0, head, err) != CHIP_OK)
        return false;
    if (!mark_read_head(head, plan->profile_digest, &plan->mark)) {
        refuse_content(plan, slot, err);
        return false;
    }
    if (plan->mark.state == MARK_NONE ||
        memcmp(plan->mark.profile, plan->profile_digest, sizeof(plan->mark.profile)) == 0)
        return true;
    refuse_other(provision, plan, err);
    return false;
}

const struct provision_step_kind provision_step_expect_mark = {
    .name = "expect-mark",
    .is_needed = provision_needs_expect_mark,
    .observe = observe,
};
