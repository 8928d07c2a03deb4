/* SPDX-License-Identifier: Apache-2.0 */
#include "psa/settle.h"

#include "psa/its.h"
#include "psa/location.h"
#include "psa/recovery.h"

static bool remove_transaction(const struct storage *storage)
{
    const enum storage_status status = storage->operations->remove(storage->context, TRANSACTION_UID);

    return status == STORAGE_OK || status == STORAGE_ABSENT;
}

/*
 * True when no interrupted transaction remains. One that cannot be parsed, or whose key is not in this chip, is
 * removed.
 */
static bool settle_transaction(struct driver *driver)
{
    struct se_transaction transaction;
    enum storage_status status = transaction_read(driver->storage, &transaction);

    if (status == STORAGE_ABSENT)
        return true;
    if (status == STORAGE_CORRUPT)
        return remove_transaction(driver->storage);
    if (status != STORAGE_OK)
        return false;
    if (!driver_serves_lifetime(transaction.lifetime) || transaction.uid > PSA_KEY_ID_VENDOR_MAX)
        return remove_transaction(driver->storage);
    const struct driver_unfinished unfinished = {
        .destroys = transaction.kind == TRANSACTION_DESTROY,
        .key_id = (uint32_t)transaction.uid,
        .slot = transaction.slot,
        .slot_was_free = transaction.note.fresh,
        .noted_in = TRANSACTION_UID,
    };
    return driver_settle_unfinished(driver, &unfinished);
}

void driver_recover(struct driver *driver, struct se_session *session)
{
    if (session == NULL || session->settled || session->transaction_open)
        return;
    session->settled = settle_transaction(driver);
    if (session->settled) /* the room that an interrupted run reserved is no longer needed */
        driver->storage->operations->release(driver->storage->context);
    driver->erasing = true;
}

void driver_recover_again(struct se_session *session, void *context)
{
    session->settled = false;
    driver_recover(context, session);
}

psa_status_t driver_require_settled(struct driver *driver, struct error *err)
{
    struct se_session *session = its_session();

    driver_recover(driver, session);
    if (session != NULL && session->settled)
        return PSA_SUCCESS;
    error_set(err, ERROR_STORAGE_FAILED, "the key store cannot finish the work of an interrupted run",
              "check the medium and the permissions of the key store, then run again");
    return PSA_ERROR_STORAGE_FAILURE;
}
