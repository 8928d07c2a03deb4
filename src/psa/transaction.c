/* SPDX-License-Identifier: Apache-2.0 */
#include "psa/transaction.h"

#include <string.h>

#include "base/order.h"

enum { AT_KIND = 0, AT_LIFETIME = 4, AT_SLOT = 8, AT_UID = 16, AT_NOTE = TRANSACTION_BYTES };
enum { NOTE_VERSION = 0, NOTE_CREATION = 1, NOTE_FRESH = 2, NOTE_ZERO = 3, NOTE_VERSION_1 = 1 };

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the core stores this record in the machine's byte order");

void transaction_write_note(struct transaction_note note, uint8_t stored[static TRANSACTION_NOTE_BYTES])
{
    stored[NOTE_VERSION] = NOTE_VERSION_1;
    stored[NOTE_CREATION] = (uint8_t)note.creation;
    stored[NOTE_FRESH] = note.fresh;
    stored[NOTE_ZERO] = 0;
}

void transaction_write(const struct se_transaction *transaction, uint8_t stored[static TRANSACTION_BYTES])
{
    memset(stored, 0, TRANSACTION_BYTES);
    store16_le(stored + AT_KIND, (uint16_t)transaction->kind);
    store32_le(stored + AT_LIFETIME, transaction->lifetime);
    store64_le(stored + AT_SLOT, transaction->slot);
    store64_le(stored + AT_UID, transaction->uid);
}

/* Ignore a note of a form that this version does not write. */
static void read_note(const uint8_t stored[static TRANSACTION_NOTE_BYTES], struct transaction_note *note)
{
    const uint8_t creation = stored[NOTE_CREATION], fresh = stored[NOTE_FRESH];
    const bool makes = creation == TRANSACTION_CREATION_IMPORT || creation == TRANSACTION_CREATION_GENERATE;

    if (stored[NOTE_VERSION] == NOTE_VERSION_1 && creation <= TRANSACTION_CREATION_REGISTER && stored[NOTE_ZERO] == 0 &&
        fresh <= (makes ? 1 : 0))
        *note = (struct transaction_note){.creation = (enum transaction_creation)creation, .fresh = fresh == 1};
}

bool transaction_parse(struct bytes content, struct se_transaction *transaction)
{
    const uint8_t *stored = content.data;
    const bool noted = content.len == TRANSACTION_STORED_MAX;

    if (content.len != TRANSACTION_BYTES && !noted)
        return false;
    const uint16_t kind = load16_le(stored + AT_KIND);
    transaction->uid = load64_le(stored + AT_UID);
    if ((kind != TRANSACTION_CREATE && kind != TRANSACTION_DESTROY) || transaction->uid == 0)
        return false;
    transaction->kind = kind;
    transaction->lifetime = load32_le(stored + AT_LIFETIME);
    transaction->slot = load64_le(stored + AT_SLOT);
    transaction->note = (struct transaction_note){.creation = TRANSACTION_CREATION_UNKNOWN};
    if (noted)
        read_note(stored + AT_NOTE, &transaction->note);
    return true;
}

enum storage_status transaction_read(const struct storage *storage, struct se_transaction *transaction)
{
    uint8_t stored[TRANSACTION_STORED_MAX];
    struct bytes_out content = {.data = stored, .cap = sizeof stored};
    struct storage_record record;
    enum storage_status status = storage->operations->get(storage->context, TRANSACTION_UID, 0, &content, &record);
    if (status == STORAGE_OK &&
        (record.size != content.len || !transaction_parse(bytes_written(&content), transaction)))
        status = STORAGE_CORRUPT;
    return status;
}
