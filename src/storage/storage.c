/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mount, the hold, the note and the words for a status: what is the same for every backend. PSA's side of the mount
 * is in psa_its.c.
 */
#include "storage/storage.h"

static struct storage *mounted;

void storage_mount(struct storage *storage)
{
    mounted = storage;
}

struct storage *storage_mounted(void)
{
    return mounted;
}

void storage_hold(struct storage *storage, uint64_t uid)
{
    storage->session.hold_uid = uid;
}

void storage_note_creation(struct storage *storage, uint64_t uid, struct storage_note note)
{
    storage->session.note_uid = uid;
    storage->session.note = note;
}

void storage_note_chip_written(struct storage *storage)
{
    if (storage->session.note.fresh)
        storage->session.scrap_later_uid = storage->session.scrap_uid;
}

void storage_note_scrap_later(struct storage *storage, uint64_t uid)
{
    storage->session.scrap_later_uid = uid;
}

const char *storage_status_text(enum storage_status status)
{
    static const char *const texts[] = {
        [STORAGE_OK] = "done",
        [STORAGE_ABSENT] = "no such record",
        [STORAGE_FULL] = "no room in the storage",
        [STORAGE_READ_ONLY] = "the storage cannot be written",
        [STORAGE_PERMANENT] = "the record was stored once and for ever",
        [STORAGE_CORRUPT] = "the record is damaged",
        [STORAGE_FUTURE] = "the record was stored by a later version",
        [STORAGE_FAILED] = "the storage medium failed",
    };
    if ((unsigned)status >= sizeof texts / sizeof texts[0])
        return "unexpected storage status";
    return texts[status];
}
