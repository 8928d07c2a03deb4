/* SPDX-License-Identifier: Apache-2.0 */
#include "psa/recovery.h"

#include "psa/se_c/atecc608a_se.h"
#include "psa/keys.h"
#include "psa/records.h"
#include "storage/scrap.h"
#include "storage/transaction.h"

/* What is done, in this order; removing the transaction always comes last. */
enum {
    CLEAR_SCRAP = 1, /* a reported key is in the slot */
    MARK_SCRAP = 2,  /* nobody wants what is in the slot */
    MARK_DUE = 4,    /* and it must not stay there */
    FORGET_KEY = 8,  /* remove the key record */
};

uint64_t driver_scrap_uid(uint8_t slot)
{
    return storage_scrap_uid(PSA_ATECC608A_LOCATION, slot);
}

bool driver_scrap_get(const struct driver *driver, uint8_t slot, bool *due)
{
    return storage_scrap_get(driver->storage, driver_scrap_uid(slot), due) == STORAGE_OK;
}

static bool failed(enum storage_status status)
{
    return status == STORAGE_FAILED || status == STORAGE_READ_ONLY;
}

/*
 * The rules. A key record is only stored after the chip's step has succeeded, so a whole one means a whole key. Without
 * one the key was never reported, and the chip's own write may have been cut: it is never taken over. Where the note
 * does not say that the slot was free, what is in it may be the maker's, and is left alone. A destruction was asked
 * for: it is finished. A whole record that is not of this chip and slot, or of a later format, is as good as none.
 * False when the medium does not tell.
 */
static bool decide(struct driver *driver, const struct storage_transaction *transaction, uint8_t *actions)
{
    struct driver_record record;
    bool whole = false, damaged = false;

    switch (driver_read_record(driver, (uint32_t)transaction->uid, &record, NULL)) {
    case PSA_SUCCESS:
        whole = record.slot < CHIP_SLOTS && record.slot == transaction->slot;
        break;
    case PSA_ERROR_DATA_CORRUPT:
        damaged = true;
        break;
    case PSA_ERROR_DOES_NOT_EXIST:
    case PSA_ERROR_DATA_INVALID:
        break;
    default:
        return false;
    }
    if (transaction->kind == STORAGE_TRANSACTION_DESTROY)
        *actions = whole || damaged ? MARK_DUE | FORGET_KEY : 0;
    else if (whole)
        *actions = CLEAR_SCRAP;
    else
        *actions = (transaction->note.fresh ? MARK_SCRAP : 0) | (damaged ? FORGET_KEY : 0);
    return true;
}

/* The first part of the actions: what the slot's scrap record is to say. */
static enum storage_status mark_slot(const struct driver *driver, uint8_t slot, uint8_t actions)
{
    bool due = (actions & MARK_DUE) != 0, is_due;

    if (slot >= CHIP_SLOTS)
        return STORAGE_OK;
    if ((actions & CLEAR_SCRAP) != 0)
        return storage_scrap_clear(driver->storage, driver_scrap_uid(slot));
    /* A record that is there already may say that an erase is due. */
    if (due || ((actions & MARK_SCRAP) != 0 && !driver_scrap_get(driver, slot, &is_due)))
        return storage_scrap_set(driver->storage, driver_scrap_uid(slot), due);
    return STORAGE_OK;
}

/*
 * Does `actions`, the transaction's record last: as long as it is there, the same rules decide again. A store without
 * room for the scrap record gets some by what is removed; a cut in between then costs a slot, but no key.
 */
static bool carry_out(const struct driver *driver, const struct storage_transaction *transaction, uint8_t actions)
{
    const struct storage *storage = driver->storage;
    const uint8_t slot = driver_slot_of(transaction->slot);
    enum storage_status marked = mark_slot(driver, slot, actions), removed = STORAGE_OK;

    if (failed(marked))
        return false;
    if ((actions & FORGET_KEY) != 0)
        removed = storage->operations->remove(storage->context, transaction->uid);
    if (failed(removed))
        return false;
    if (marked == STORAGE_FULL)
        marked = mark_slot(driver, slot, actions);
    removed = storage->operations->remove(storage->context, STORAGE_UID_TRANSACTION);
    if (removed != STORAGE_OK && removed != STORAGE_ABSENT)
        return false;
    if (marked == STORAGE_FULL)
        (void)mark_slot(driver, slot, actions);
    return true;
}

/* True when no transaction is left over. One that cannot be read, or is not about a key in this chip, only goes. */
static bool settle_transaction(struct driver *driver)
{
    struct storage_transaction transaction = {.uid = 0};
    enum storage_status status = storage_transaction_read(driver->storage, &transaction);
    uint8_t actions = 0;

    if (status == STORAGE_ABSENT)
        return true;
    if (status != STORAGE_OK && status != STORAGE_CORRUPT)
        return false;
    if (status == STORAGE_OK && transaction.lifetime == PSA_ATECC608A_LIFETIME &&
        transaction.uid <= PSA_KEY_ID_VENDOR_MAX && !decide(driver, &transaction, &actions))
        return false;
    return carry_out(driver, &transaction, actions);
}

void driver_recover(struct driver *driver)
{
    if (driver->storage->settled || driver->storage->transaction_open)
        return;
    driver->storage->settled = settle_transaction(driver);
    if (driver->storage->settled) /* nobody needs the room any more that an interrupted run has left */
        driver->storage->operations->release(driver->storage->context);
    driver->erasing = true;
}

void driver_recover_again(void *context)
{
    struct driver *driver = context;

    driver->storage->settled = false;
    driver_recover(driver);
}

psa_status_t driver_require_settled(struct driver *driver, struct error *err)
{
    driver_recover(driver);
    if (driver->storage->settled)
        return PSA_SUCCESS;
    error_set(err, ERROR_STORAGE_FAILED, "what an interrupted run has left cannot be settled",
              "check the medium and the permissions of the key store, then run again");
    return PSA_ERROR_STORAGE_FAILURE;
}

/* Whether a slot that could not be erased is to be tried again in this run. */
static bool is_for_later(psa_status_t status)
{
    switch (status) {
    case PSA_ERROR_COMMUNICATION_FAILURE:
    case PSA_ERROR_NOT_PERMITTED: /* the chip's guard: somebody is only looking */
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
