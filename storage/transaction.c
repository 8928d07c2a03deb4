/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/transaction.h"

#include "bytes/order.h"

enum { AT_KIND = 0, AT_LIFETIME = 4, AT_SLOT = 8, AT_UID = 16 };

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the core stores this record in the order of the machine");

bool storage_transaction_parse(struct bytes content, struct storage_transaction *transaction)
{
    if (content.len != STORAGE_TRANSACTION_BYTES)
        return false;
    const uint16_t kind = load16_le(content.data + AT_KIND);
    const uint64_t uid = load64_le(content.data + AT_UID);
    if ((kind != STORAGE_TRANSACTION_CREATE && kind != STORAGE_TRANSACTION_DESTROY) || uid == 0)
        return false;
    *transaction = (struct storage_transaction){
        .kind = kind,
        .lifetime = load32_le(content.data + AT_LIFETIME),
        .slot = load64_le(content.data + AT_SLOT),
        .uid = uid,
    };
    return true;
}

enum storage_status storage_transaction_read(const struct storage *storage, struct storage_transaction *transaction)
{
    uint8_t stored[STORAGE_TRANSACTION_BYTES];
    struct bytes_out content = {.data = stored, .cap = sizeof stored};
    struct storage_record record;
    enum storage_status status =
        storage->operations->get(storage->context, STORAGE_UID_TRANSACTION, 0, &content, &record);
    if (status == STORAGE_OK &&
        (record.size != sizeof stored || !storage_transaction_parse(bytes_written(&content), transaction)))
        status = STORAGE_CORRUPT;
    return status;
}
