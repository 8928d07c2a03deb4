/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes a secret or other data into its slot. Before the data lock in clear, where the lock's CRC then counts it;
 * after it as the slot allows: in clear, or encrypted with the secret in another slot. What the slot holds is compared
 * first, and only lost where the profile allows that, no key record and no record of the station's names it, and it is
 * armed. A write that a power cut may tear is noted in the key store before it begins (psa/scrap.h).
 */
#include "chip/config.h"
#include "provision/gate.h"
#include "provision/status.h"
#include "provision/steps.h"
#include "provision/steps/datum.h"
#include "psa/keys.h"
#include "psa/records.h"
#include "psa/scrap.h"
#include "psa/storage_status.h"

#define OTHER_SLOT "name another slot in the profile: imprint info shows what each allows"

bool provision_needs_write_data(const struct profile *profile, int key)
{
    return key == PROVISION_NO_KEY && profile_data_count(profile) != 0;
}

static bool is_for(const struct profile_datum *datum)
{
    (void)datum;
    return true;
}

static bool refuse(enum error_reason reason, const char *cause, const char *next, const struct profile_datum *datum,
                   struct error *err)
{
    error_set(err, reason, cause, next);
    error_with_subject(err, datum->name);
    error_at_slot(err, datum->slot);
    return false;
}

/* ---- looking ---- */

/* Whether the slot can do, once both zones are locked, what its content is for. */
static bool check_policy(const struct provision *provision, const struct provision_plan *plan,
                         const struct profile_datum *datum, struct error *err)
{
    struct chip_config later = plan->wanted;

    chip_config_mark_locked(&later);
    chip_config_mark_data_locked(&later);
    if (!chip_data_is_locked(&plan->found) && !provision->profile->lock_data)
        return refuse(
            ERROR_DATA_UNLOCKED,
            "what a slot holds can only be proven after the data zone is locked, and the profile does not lock "
            "it",
            "use a part that is locked already, or a profile with lock: [config, data]", datum, err);
    if (driver_require_use(provision->driver, &later, datum->slot, profile_datum_needs(datum), err) != PSA_SUCCESS)
        return refuse(ERROR_SLOT_POLICY, "the slot cannot serve what the profile puts there", OTHER_SLOT, datum, err);
    if (profile_datum_is_secret(datum) && chip_slot_is_limited(&later, datum->slot))
        return refuse(ERROR_SLOT_POLICY, "the slot counts its uses, and each proof would spend one", OTHER_SLOT, datum,
                      err);
    return true;
}

static bool refuse_lost_io_key(const struct profile_datum *datum, struct error *err)
{
    return refuse(ERROR_DONE_ELSEWHERE,
                  "the chip has an IO protection key that is not in this key store, and can never get another one",
                  "use the key store of the device or station that set it; if that is lost, replace the chip", datum,
                  err);
}

static bool accepts_clear(const struct provision_plan *plan, uint8_t slot)
{
    return (chip_slot_can(&plan->found, slot) & CHIP_CAN_WRITE_CLEAR) != 0;
}

static bool accepts_writes(const struct provision_plan *plan, uint8_t slot)
{
    const struct chip_slot_policy policy = chip_slot_policy(&plan->found, slot);

    return accepts_clear(plan, slot) || (!policy.locked && policy.write == CHIP_WRITE_ENCRYPTED && !policy.is_private);
}

/* Whether the slot can be written now: in clear, or encrypted with a secret that is known. */
static bool check_way(const struct provision *provision, const struct provision_plan *plan,
                      const struct profile_datum *datum, struct error *err)
{
    if (accepts_clear(plan, datum->slot))
        return true;
    if (!accepts_writes(plan, datum->slot))
        return profile_datum_is_io_key(datum)
                   ? refuse_lost_io_key(datum, err)
                   : refuse(ERROR_SLOT_POLICY, "the slot holds something else and can never be written again",
                            OTHER_SLOT, datum, err);
    return driver_write_key(provision->driver, datum->slot) != NULL ||
           refuse(ERROR_WRITE_KEY_MISSING,
                  "the slot accepts only encrypted writes, and the secret in its WriteKey slot was not given",
                  "give that secret: chip.write-keys in the profile", datum, err);
}

/* What the slot holds will be lost for ever: whether that is allowed. */
static bool check_loss(const struct provision *provision, const struct profile_datum *datum, struct error *err)
{
    const struct provision_callbacks *callbacks = &provision->callbacks;
    uint32_t claimed_by = 0;

    if (driver_find_claim(provision->driver, datum->slot, 0, &claimed_by, err) != PSA_SUCCESS)
        return false;
    if (claimed_by != 0) {
        error_with_key(err, claimed_by);
        return claimed_by == datum->id
                   ? refuse(ERROR_FOREIGN_KEY, "the slot holds another secret than the one in the file",
                            "name the file with the secret of this device", datum, err)
                   : refuse(ERROR_SLOT_CLAIMED, "a key id points to the slot",
                            "destroy that key first, or name another slot", datum, err);
    }
    if (datum->replace == PROFILE_REPLACE_NEVER)
        return refuse(ERROR_SLOT_FILLED, "the slot holds something else, and the profile does not allow to replace it",
                      "set replace: unclaimed for this entry, if what is there may be lost for ever", datum, err);
    return callbacks->may_replace == NULL || callbacks->may_replace(callbacks->context, datum->slot, NULL, err);
}

static bool observe_locked(struct provision *provision, const struct provision_plan *plan, struct provision_step *step,
                           struct error *err)
{
    const struct profile_datum *datum = provision_datum_of(provision, step);
    struct provision_datum_evidence ignored;
    enum datum_place place;

    if (!provision_datum_compare(provision, plan, step->datum - 1u, &place, &ignored, err))
        return false;
    step->started = keys_slot_is_scrap(provision->driver, datum->slot);
    /* Power may have failed after the write and before its note was removed: then it is written once more. */
    step->done = place == DATUM_SAME && (!step->started || !accepts_writes(plan, datum->slot));
    if (step->done)
        return true;
    if (!check_way(provision, plan, datum, err))
        return false;
    step->forever = place == DATUM_OTHER && !step->started;
    return !step->forever || check_loss(provision, datum, err);
}

static bool observe(struct provision *provision, struct provision_plan *plan, struct provision_step *step,
                    struct error *err)
{
    const struct profile_datum *datum = provision_datum_of(provision, step);

    if (provision->contents == NULL)
        return refuse(ERROR_UNEXPECTED, "this program has no secrets and data to write, which the profile has",
                      "use imprint provision, or leave the data out of the profile", datum, err);
    if (!check_policy(provision, plan, datum, err))
        return false;
    if (chip_data_is_locked(&plan->found))
        return observe_locked(provision, plan, step, err);
    return provision_datum_check(provision, plan, step->datum - 1u, err);
}

/* ---- doing ---- */

static enum provision_status note_writing(const struct provision *provision, uint8_t slot, bool begins,
                                          struct error *err)
{
    const struct storage *storage = provision->driver->storage;
    const enum storage_status status =
        begins ? scrap_set(storage, driver_scrap_uid(slot), false) : scrap_clear(storage, driver_scrap_uid(slot));

    if (status == STORAGE_OK)
        return PROVISION_OK;
    error_set(err, status == STORAGE_FULL ? ERROR_STORAGE_FULL : ERROR_STORAGE_FAILED,
              "the slot's state cannot be stored", "check the storage medium");
    return provision_status_of(err);
}

static enum provision_status run(struct provision_run *run, struct provision_step *step, struct error *err)
{
    const struct provision *provision = run->provision;
    const bool is_final = chip_data_is_locked(&run->plan->found); /* else fill-data writes it once more */
    enum provision_status result = step->forever ? provision_gate_ask(run, step, err) : PROVISION_OK;
    bool is_whole = false;

    if (result == PROVISION_OK && is_final)
        result = note_writing(provision, step->slot, true, err);
    if (result == PROVISION_OK)
        result = provision_datum_write(provision, run->plan, step->datum - 1u, &is_whole, err);
    /* A slot that a run before left torn stays noted until it is written. */
    if (is_final && is_whole && (result == PROVISION_OK || !step->started)) {
        struct error later = {.reason = ERROR_NONE};
        const enum provision_status cleared =
            note_writing(provision, step->slot, false, result == PROVISION_OK ? err : &later);

        result = result == PROVISION_OK ? cleared : result;
    }
    return result;
}

const struct provision_step_kind provision_step_write_data = {
    .name = "write-data",
    .is_persistent = true,
    .sends_most = CHIP_SENT_BYTES(32 + 32), /* encrypted, with a MAC */
    .is_needed = provision_needs_write_data,
    .is_for = is_for,
    .observe = observe,
    .run = run,
    .doing = "write data into the slot",
};
