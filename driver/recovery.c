/* SPDX-License-Identifier: Apache-2.0 */
#include "driver/recovery.h"

#include "driver/atecc608a_se.h"
#include "driver/keys.h"
#include "driver/records.h"
#include "storage/scrap.h"
#include "storage/transaction.h"

/* What the record of the open transaction is; without one there is nothing to do. */
enum { IS_UNREADABLE = 1, IS_FOREIGN = 2, IS_CREATION = 4, IS_DESTRUCTION = 8 };

/* What is stored under the transaction's key id. OTHER: a whole record, but not of this chip and slot. */
enum { KEY_ABSENT = 1, KEY_WHOLE = 2, KEY_DAMAGED = 4, KEY_OTHER = 8, KEY_ANY = 15 };

/* What the driver's note says. FRESH: generate or import into a slot that was empty or scrap; REPLACING: into another.
 */
enum { NOTE_NONE = 1, NOTE_REGISTER = 2, NOTE_REPLACING = 4, NOTE_FRESH = 8, NOTE_NOT_FRESH = 7, NOTE_ANY = 15 };

/* What is done, in this order; removing the transaction always comes last. */
enum {
    CLEAR_SCRAP = 1, /* a reported key is in the slot */
    MARK_SCRAP = 2,  /* nobody wants what is in the slot */
    MARK_DUE = 4,    /* and it must not stay there */
    FORGET_KEY = 8,  /* remove the key record */
};

/*
 * The first row that fits counts; every state has one. Why: a key record is only stored after the chip's step has
 * succeeded, so a whole one means a whole key. Without one the key was never reported, and the chip's own write may
 * have been cut: it is never taken over. Where the note does not say that the slot was free, what is in it may be the
 * maker's, and is left alone. A destruction was asked for: it is finished.
 */
static const struct {
    uint8_t transaction, key, note;
    uint8_t actions;
} rules[] = {
    {IS_UNREADABLE | IS_FOREIGN, KEY_ANY, NOTE_ANY, 0},
    {IS_CREATION, KEY_WHOLE, NOTE_ANY, CLEAR_SCRAP},
    {IS_CREATION, KEY_ABSENT | KEY_OTHER, NOTE_FRESH, MARK_SCRAP},
    {IS_CREATION, KEY_ABSENT | KEY_OTHER, NOTE_NOT_FRESH, 0},
    {IS_CREATION, KEY_DAMAGED, NOTE_FRESH, MARK_SCRAP | FORGET_KEY},
    {IS_CREATION, KEY_DAMAGED, NOTE_NOT_FRESH, FORGET_KEY},
    {IS_DESTRUCTION, KEY_WHOLE | KEY_DAMAGED, NOTE_ANY, MARK_DUE | FORGET_KEY},
    {IS_DESTRUCTION, KEY_ABSENT | KEY_OTHER, NOTE_ANY, 0},
};

static bool failed(enum storage_status status)
{
    return status == STORAGE_FAILED || status == STORAGE_READ_ONLY;
}

static uint8_t classify_transaction(const struct storage_transaction *transaction)
{
    if (PSA_KEY_LIFETIME_GET_LOCATION(transaction->lifetime) != PSA_ATECC608A_LOCATION)
        return IS_FOREIGN;
    if (transaction->lifetime != PSA_ATECC608A_LIFETIME || transaction->uid < PSA_KEY_ID_USER_MIN ||
        transaction->uid > PSA_KEY_ID_VENDOR_MAX)
        return IS_UNREADABLE;
    return transaction->kind == STORAGE_TRANSACTION_CREATE ? IS_CREATION : IS_DESTRUCTION;
}

static uint8_t classify_note(struct storage_note note)
{
    switch (note.creation) {
    case STORAGE_CREATION_REGISTER:
        return NOTE_REGISTER;
    case STORAGE_CREATION_IMPORT:
    case STORAGE_CREATION_GENERATE:
        return note.fresh ? NOTE_FRESH : NOTE_REPLACING;
    case STORAGE_CREATION_UNKNOWN:
        break;
    }
    return NOTE_NONE;
}

/* False when the medium does not tell. */
static bool classify_key(struct driver *driver, const struct storage_transaction *transaction, uint8_t *key)
{
    const struct storage *storage = driver->storage;
    struct bytes_out nothing = {.data = NULL, .cap = 0};
    struct driver_record record;
    bool ours;

    switch (storage->operations->get(storage->context, transaction->uid, 0, &nothing, NULL)) {
    case STORAGE_ABSENT:
        *key = KEY_ABSENT;
        return true;
    case STORAGE_FUTURE:
        *key = KEY_OTHER;
        return true;
    case STORAGE_CORRUPT:
        *key = KEY_DAMAGED;
        return true;
    case STORAGE_OK:
        break;
    default:
        return false;
    }
    switch (driver_read_record(driver, (uint32_t)transaction->uid, &ours, &record, NULL)) {
    case PSA_SUCCESS:
        *key = ours && record.slot_number == transaction->slot ? KEY_WHOLE : KEY_OTHER;
        return true;
    case PSA_ERROR_DATA_CORRUPT:
        *key = KEY_DAMAGED;
        return true;
    default:
        return false;
    }
}

static uint8_t actions_for(uint8_t transaction, uint8_t key, uint8_t note)
{
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        if ((rules[i].transaction & transaction) != 0 && (rules[i].key & key) != 0 && (rules[i].note & note) != 0)
            return rules[i].actions;
    return 0;
}

/* The first part of the actions: what the slot's scrap record is to say. */
static enum storage_status mark_slot(const struct storage *storage, uint64_t slot, uint8_t actions)
{
    uint64_t uid = storage_scrap_uid(PSA_ATECC608A_LOCATION, slot);
    bool due;

    if (slot >= CHIP_SLOTS)
        return STORAGE_OK;
    if ((actions & CLEAR_SCRAP) != 0)
        return storage_scrap_clear(storage, uid);
    if ((actions & MARK_DUE) != 0)
        return storage_scrap_set(storage, uid, true);
    /* A record that is there already may say that an erase is due. */
    if ((actions & MARK_SCRAP) != 0 && storage_scrap_get(storage, uid, &due) != STORAGE_OK)
        return storage_scrap_set(storage, uid, false);
    return STORAGE_OK;
}

/*
 * Does `actions`, the transaction's record last: as long as it is there, the same table decides again. A store without
 * room for the scrap record gets some by what is removed; a cut in between then costs a slot, but no key.
 */
static bool carry_out(const struct storage *storage, const struct storage_transaction *transaction, uint8_t actions)
{
    enum storage_status marked = mark_slot(storage, transaction->slot, actions), removed = STORAGE_OK;

    if (failed(marked))
        return false;
    if ((actions & FORGET_KEY) != 0)
        removed = storage->operations->remove(storage->context, transaction->uid);
    if (failed(removed))
        return false;
    if (marked == STORAGE_FULL)
        marked = mark_slot(storage, transaction->slot, actions);
    removed = storage->operations->remove(storage->context, STORAGE_UID_TRANSACTION);
    if (removed != STORAGE_OK && removed != STORAGE_ABSENT)
        return false;
    if (marked == STORAGE_FULL)
        (void)mark_slot(storage, transaction->slot, actions);
    return true;
}

/* True when no transaction is left over. */
static bool settle_transaction(struct driver *driver)
{
    struct storage_transaction transaction = {.slot = CHIP_SLOTS};
    enum storage_status status = storage_transaction_read(driver->storage, &transaction);
    uint8_t kind = IS_UNREADABLE, key = KEY_ABSENT;

    if (status == STORAGE_ABSENT)
        return true;
    if (status != STORAGE_OK && status != STORAGE_CORRUPT)
        return false;
    if (status == STORAGE_OK)
        kind = classify_transaction(&transaction);
    if ((kind & (IS_CREATION | IS_DESTRUCTION)) != 0 && !classify_key(driver, &transaction, &key))
        return false;
    return carry_out(driver->storage, &transaction, actions_for(kind, key, classify_note(transaction.note)));
}

static void find_erasures(struct driver *driver)
{
    driver->erase_due = 0;
    for (uint8_t slot = 0; slot < CHIP_SLOTS; slot++) {
        bool due = false;
        if (storage_scrap_get(driver->storage, storage_scrap_uid(PSA_ATECC608A_LOCATION, slot), &due) == STORAGE_OK &&
            due)
            driver->erase_due = (uint16_t)(driver->erase_due | 1u << slot);
    }
}

void driver_recover(struct driver *driver)
{
    if (driver->storage->settled || driver->storage->transaction_open)
        return;
    driver->storage->settled = settle_transaction(driver);
    find_erasures(driver);
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

/* True when it is settled, or cannot be in this run. */
static bool settle_erasure(struct driver *driver, uint8_t slot)
{
    uint64_t uid = storage_scrap_uid(PSA_ATECC608A_LOCATION, slot);
    struct error ignored = {.reason = ERROR_NONE};
    bool erased = false;

    switch (driver_erase_slot(driver, slot, 0, &erased, &ignored)) {
    case PSA_SUCCESS:
        return (erased ? storage_scrap_set(driver->storage, uid, false) : storage_scrap_clear(driver->storage, uid)) ==
               STORAGE_OK;
    case PSA_ERROR_COMMUNICATION_FAILURE: /* another time */
    case PSA_ERROR_NOT_PERMITTED:         /* the chip's guard: somebody is only looking */
    case PSA_ERROR_STORAGE_FAILURE:
    case PSA_ERROR_DATA_CORRUPT: /* a key record that may claim this slot */
    case PSA_ERROR_DATA_INVALID:
        return false;
    default:
        return true;
    }
}

void driver_settle_erasures(struct driver *driver)
{
    if (driver->erase_due == 0)
        return;
    for (uint8_t slot = 0; slot < CHIP_SLOTS; slot++)
        if (((unsigned)driver->erase_due & 1u << slot) != 0 && settle_erasure(driver, slot))
            driver->erase_due = (uint16_t)(driver->erase_due & ~(1u << slot));
    chip_sleep(driver->chip);
}
