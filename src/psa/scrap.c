/* SPDX-License-Identifier: Apache-2.0 */
#include "psa/scrap.h"

#include "base/order.h"

enum { AT_VERSION, AT_FLAGS, AT_ZERO }; /* the last two bytes are zero */
enum { VERSION = 1, FLAG_ERASE_DUE = 1 };

uint64_t scrap_uid(uint32_t location, uint64_t slot)
{
    return location == 0 || slot > UINT32_MAX ? 0 : (uint64_t)location << 32 | slot;
}

enum storage_status scrap_set(const struct storage *storage, uint64_t uid, bool erase_due)
{
    const uint8_t content[SCRAP_BYTES] = {[AT_VERSION] = VERSION, [AT_FLAGS] = erase_due ? FLAG_ERASE_DUE : 0};

    if (uid == 0)
        return STORAGE_OK;
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
    if (record.size != sizeof content || content[AT_VERSION] != VERSION || (content[AT_FLAGS] & ~FLAG_ERASE_DUE) != 0 ||
        load16_le(content + AT_ZERO) != 0)
        return STORAGE_CORRUPT;
    *erase_due = content[AT_FLAGS] == FLAG_ERASE_DUE;
    return STORAGE_OK;
}

enum storage_status scrap_clear(const struct storage *storage, uint64_t uid)
{
    const enum storage_status status = uid == 0 ? STORAGE_ABSENT : storage->operations->remove(storage->context, uid);

    return status == STORAGE_ABSENT ? STORAGE_OK : status;
}
