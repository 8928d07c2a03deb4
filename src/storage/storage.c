/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/storage.h"

const char *storage_status_text(enum storage_status status)
{
    static const char *const texts[] = {
        [STORAGE_OK] = "done",
        [STORAGE_ABSENT] = "no such record",
        [STORAGE_FULL] = "no room in the storage",
        [STORAGE_READ_ONLY] = "the storage cannot be written",
        [STORAGE_PERMANENT] = "the record is write-once",
        [STORAGE_CORRUPT] = "the record is damaged",
        [STORAGE_FUTURE] = "the record was stored by a later version",
        [STORAGE_FAILED] = "the storage medium failed",
        [STORAGE_REFUSED] = "a record of PSA itself cannot be write-once",
    };
    if ((unsigned)status >= sizeof texts / sizeof texts[0])
        return "unexpected storage status";
    return texts[status];
}
