/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Notes in the chip which profile begins with this device, before the first key is made. On a part whose data zone this
 * profile locks, fill-data does it: the lock's CRC counts the mark's bytes.
 */
#include "provision/mark_slot.h"
#include "provision/steps.h"

bool provision_needs_begin_mark(const struct profile *profile, int key)
{
    return key == PROVISION_NO_KEY && profile->mark_slot != 0 && !profile->lock_data;
}

static bool observe(struct provision *provision, struct provision_plan *plan, struct provision_step *step,
                    struct error *err)
{
    (void)err;
    step->slot = provision->profile->mark_slot;
    step->done = plan->mark.state != MARK_NONE;
    return true;
}

static enum provision_status run(struct provision_run *run, struct provision_step *step, struct error *err)
{
    uint8_t description[MARK_DESCRIPTION_MAX];
    enum provision_status result;

    (void)step;
    provision_begin_mark(run->provision, run->plan, &run->plan->mark, description);
    result = provision_write_description(run->provision, &run->plan->mark, description, err);
    return result == PROVISION_OK ? provision_write_head(run->provision, &run->plan->mark, err) : result;
}

const struct provision_step_kind provision_step_begin_mark = {
    .name = "begin-mark",
    .is_persistent = true,
    .sends_most = CHIP_SENT_BYTES(32),
    .is_needed = provision_needs_begin_mark,
    .observe = observe,
    .run = run,
    .doing = "write the mark",
};
