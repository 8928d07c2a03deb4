/* SPDX-License-Identifier: Apache-2.0 */
/* Adds to the mark that the device is done, and the start of each public key's hash, when all else is done and proven.
 */
#include <string.h>

#include "chip/operations.h"
#include "provision/mark_slot.h"
#include "provision/status.h"
#include "provision/steps.h"

bool provision_needs_finish_mark(const struct profile *profile, int key)
{
    return key == PROVISION_NO_KEY && profile->mark_slot != 0;
}

#define MARK_NEEDS (CHIP_CAN_READ_CLEAR | CHIP_CAN_WRITE_CLEAR)

/*
 * The slot must show the mark. What is still to be locked is written blind; a data zone that stays open would never
 * show it.
 */
static bool observe(struct provision *provision, struct provision_plan *plan, struct provision_step *step,
                    struct error *err)
{
    step->slot = provision->profile->mark_slot;
    step->done = plan->mark.state == MARK_DONE;
    if ((provision->profile->lock_data && !chip_data_is_locked(&plan->found)) ||
        driver_require(&plan->found, step->slot, MARK_NEEDS, err) == PSA_SUCCESS)
        return true;
    error_at_slot(err, step->slot);
    error_doing(err, "look for the mark");
    return false;
}

static bool note_keys(const struct provision_run *run, struct mark *mark, struct error *err)
{
    for (size_t i = 0; i < run->evidence->key_count; i++) {
        psa_status_t status = mark_note_key(mark, i, run->evidence->keys[i].public_key);

        if (status != PSA_SUCCESS) {
            (void)provision_psa_failed(run->provision, status, NULL, err);
            return false;
        }
    }
    mark->state = MARK_DONE;
    return true;
}

static enum provision_status read_back(struct provision *provision, const struct mark *mark, struct error *err)
{
    uint8_t wanted[MARK_BLOCK_BYTES];
    uint8_t found[MARK_BLOCK_BYTES];

    mark_write_head(mark, wanted);
    if (chip_read_slot_block(provision->driver->chip, provision->profile->mark_slot, 0, found, err) != CHIP_OK)
        return provision_status_of(err);
    if (memcmp(wanted, found, sizeof(wanted)) == 0)
        return PROVISION_OK;
    error_set(err, ERROR_PROOF_FAILED, "the mark reads back other than it was written", "take this part off the line");
    return PROVISION_REFUSED;
}

/* A description for other slots (the driver chose again after a cut) is written anew. */
static enum provision_status run(struct provision_run *run, struct provision_step *step, struct error *err)
{
    uint8_t description[MARK_DESCRIPTION_MAX];
    enum provision_status result = PROVISION_OK;
    struct mark *mark = &run->plan->mark;
    struct mark now;

    (void)step;
    provision_begin_mark(run->provision, run->plan, &now, description);
    if (mark->state == MARK_NONE || mark->description_crc != now.description_crc)
        result = provision_write_description(run->provision, &now, description, err);
    if (result == PROVISION_OK && !note_keys(run, &now, err))
        return PROVISION_REFUSED;
    if (result == PROVISION_OK)
        result = provision_write_head(run->provision, &now, err);
    if (result == PROVISION_OK)
        result = read_back(run->provision, &now, err);
    if (result == PROVISION_OK)
        *mark = now;
    return result;
}

const struct provision_step_kind provision_step_finish_mark = {
    .name = "finish-mark",
    .is_persistent = true,
    .sends_most = CHIP_SENT_BYTES(32),
    .is_needed = provision_needs_finish_mark,
    .observe = observe,
    .run = run,
    .doing = "write the mark",
};
