/* SPDX-License-Identifier: Apache-2.0 */
#include "psa/scrap.h"

#include "base/order.h"

/* The content as a number: the version in the lowest byte, the flags in the next. */
enum { SCRAP_VERSION = 1, SCRAP_ERASE_DUE = 1 << 8 };

uint64_t scrap_uid(uint32_t location, uint64_t slot)
{
    return location == 0 || slot > UINT32_MAX ? 0 : (uint64_t)location << 32 | slot;
}

enum storage_status scrap_set(const struct storage *storage, uint64_t uid, bool erase_due)
{
    uint8_t content[SCRAP_BYTES];

    if (uid == 0)
        return STORAGE_OK;
    store32_le(content, SCRAP_VERSION + (uint32_t)erase_due * SCRAP_ERASE_DUE);
    return storage->operations->set(storage->context, uid, 0, bytes_of(content, sizeof content));
}

enum storage_status scrap_get(const struct storage *storage, uint64_t uid, bool *erase_due)
{
    uint8_t content[SCRAP_BYTES] = {0};
    struct bytes_out out = {.data = content, .cap = sizeof content};
    struct storage_record record;
    enum storage_status status = storage->operations->get(storage->context, uid, 0, &out, &record);

    if (status != STORAGE_OK)
        return status;
    const uint32_t found = load32_le(content);
    if (record.size != sizeof content || (found & ~(uint32_t)SCRAP_ERASE_DUE) != SCRAP_VERSION)
        return STORAGE_CORRUPT;
    *erase_due = found != SCRAP_VERSION;
    return STORAGE_OK;
}

enum storage_status scrap_clear(const struct storage *storage, uint64_t uid)
{
    const enum storage_status status = uid == 0 ? STORAGE_ABSENT : storage->operations->remove(storage->context, uid);

    return status == STORAGE_ABSENT ? STORAGE_OK : status;
}
