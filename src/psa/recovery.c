/* SPDX-License-Identifier: Apache-2.0 */
#include "psa/recovery.h"

#include "psa/operations.h"
#include "psa/records.h"
#include "psa/scrap.h"

/* The actions, in the order in which they are done. The record of the unfinished work is always removed last. */
struct actions {
    bool clear_scrap; /* a reported key is in the slot */
    bool mark_scrap;  /* the slot's content may be overwritten */
    bool mark_due;    /* and must be overwritten */
    bool forget_key;  /* remove the key record */
};

static bool failed(enum storage_status status)
{
    return status == STORAGE_FAILED || status == STORAGE_READ_ONLY;
}

/*
 * Decides what to do.
 * - A key record is stored only after the chip's step succeeded, so an intact record means an intact key.
 * - Without a record the key was never reported, and the chip's write may have been cut short: the key is not used.
 * - If the slot was not known to be free, its content may be the chip maker's key and is left alone.
 * - A destruction that was started is finished. If the store was full, the key's record may be gone before the slot is
 * marked.
 * - An intact record for another chip or slot, or of a later format, counts as no record.
 *
 * False when the medium cannot be read.
 */
static bool decide(struct driver *driver, const struct driver_unfinished *unfinished, struct actions *actions)
{
    struct driver_record record;
    bool whole = false, damaged = false, gone = false, is_due;

    switch (driver_read_record(driver, unfinished->key_id, &record, NULL)) {
    case PSA_SUCCESS:
        whole = record.is_ours && record.number == unfinished->slot;
        break;
    case PSA_ERROR_DATA_CORRUPT:
        damaged = true;
        break;
    case PSA_ERROR_DOES_NOT_EXIST:
        gone = true;
        break;
    case PSA_ERROR_DATA_INVALID:
        break;
    default:
        return false;
    }
    if (unfinished->destroys && gone)
        *actions = (struct actions){.mark_due = !driver_scrap_get(driver, driver_slot_of(unfinished->slot), &is_due)};
    else if (unfinished->destroys)
        *actions = (struct actions){.mark_due = whole || damaged, .forget_key = whole || damaged};
    else if (whole)
        *actions = (struct actions){.clear_scrap = true};
    else
        *actions = (struct actions){.mark_scrap = unfinished->slot_was_free, .forget_key = damaged};
    return true;
}

/* Stores or removes the slot's scrap record: the first of the actions. */
static enum storage_status mark_slot(const struct driver *driver, uint8_t slot, const struct actions *actions)
{
    bool is_due;

    if (slot >= CHIP_SLOTS)
        return STORAGE_OK;
    if (actions->clear_scrap)
        return scrap_clear(driver->storage, driver_scrap_uid(slot));
    if (actions->mark_due)
        return scrap_set(driver->storage, driver_scrap_uid(slot), true);
    /* An existing record may say that an erase is due: keep it. */
    if (actions->mark_scrap && !driver_scrap_get(driver, slot, &is_due))
        return scrap_set(driver->storage, driver_scrap_uid(slot), false);
    return STORAGE_OK;
}

/*
 * The record of the unfinished work is removed last: until then, a repeated call decides by the same rules. If the
 * store has no room for the scrap record even without the key's, the room of that last record is used: a power cut in
 * between can then lose a slot, but no key.
 */
bool driver_settle_unfinished(struct driver *driver, const struct driver_unfinished *unfinished)
{
    const struct storage *storage = driver->storage;
    const uint8_t slot = driver_slot_of(unfinished->slot);
    enum storage_status marked, removed = STORAGE_OK;
    struct actions actions;

    if (!decide(driver, unfinished, &actions))
        return false;
    marked = mark_slot(driver, slot, &actions);
    if (failed(marked))
        return false;
    if (actions.forget_key)
        removed = storage->operations->remove(storage->context, unfinished->key_id);
    if (failed(removed))
        return false;
    if (marked == STORAGE_FULL)
        marked = mark_slot(driver, slot, &actions);
    removed = storage->operations->remove(storage->context, unfinished->noted_in);
    if (removed != STORAGE_OK && removed != STORAGE_ABSENT)
        return false;
    if (marked == STORAGE_FULL)
        (void)mark_slot(driver, slot, &actions);
    return true;
}

/* Whether to try again, in this run, to erase a slot after a failure. */
static bool is_for_later(psa_status_t status)
{
    switch (status) {
    case PSA_ERROR_COMMUNICATION_FAILURE:
    case PSA_ERROR_NOT_PERMITTED: /* the caller has forbidden writes (chip guard) */
    case PSA_ERROR_STORAGE_FAILURE:
    case PSA_ERROR_INSUFFICIENT_STORAGE:
    case PSA_ERROR_DATA_CORRUPT: /* a key record that may claim this slot */
    case PSA_ERROR_DATA_INVALID:
        return true;
    default:
        return false;
    }
}

void driver_settle_erasures(struct driver *driver)
{
    bool due;

    if (!driver->erasing)
        return;
    driver->erasing = false;
    for (uint8_t slot = 0; slot < CHIP_SLOTS; slot++)
        if (driver_scrap_get(driver, slot, &due) && due) {
            if (is_for_later(driver_erase_slot(driver, slot, 0)))
                driver->erasing = true;
            error_clear(&driver->last_error);
            chip_sleep(driver->chip);
        }
}
