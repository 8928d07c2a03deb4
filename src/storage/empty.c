/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/empty.h"

static enum storage_status empty_set(void *context, uint64_t uid, uint32_t flags, struct bytes content)
{
    (void)context;
    (void)uid;
    (void)flags;
    (void)content;
    return STORAGE_READ_ONLY;
}

static enum storage_status empty_get(void *context, uint64_t uid, uint32_t offset, struct bytes_out *out,
                                     struct storage_record *record)
{
    (void)context;
    (void)uid;
    (void)offset;
    (void)record;
    out->len = 0;
    return STORAGE_ABSENT;
}

static enum storage_status empty_remove(void *context, uint64_t uid)
{
    (void)context;
    (void)uid;
    return STORAGE_ABSENT;
}

static enum storage_status empty_next(void *context, bool first, uint64_t *uid)
{
    (void)context;
    (void)first;
    (void)uid;
    return STORAGE_ABSENT;
}

static enum storage_status empty_reserve(void *context, uint32_t size)
{
    (void)context;
    (void)size;
    return STORAGE_READ_ONLY;
}

static void empty_release(void *context)
{
    (void)context;
}

static enum storage_status empty_has_room(void *context, uint32_t count, uint32_t size)
{
    (void)context;
    (void)count;
    (void)size;
    return STORAGE_READ_ONLY;
}

void storage_empty_open(struct storage *storage)
{
    static const struct storage_operations operations = {
        .set = empty_set,
        .get = empty_get,
        .remove = empty_remove,
        .next = empty_next,
        .reserve = empty_reserve,
        .release = empty_release,
        .has_room = empty_has_room,
    };

    *storage = (struct storage){.operations = &operations};
}
