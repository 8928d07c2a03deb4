/* SPDX-License-Identifier: Apache-2.0 */
#include "test/support/store_front.h"

static enum storage_status front_set(void *context, uint64_t uid, uint32_t flags, struct bytes content)
{
    const struct store_front *front = context;
    const enum storage_status failure = front->judge(STORE_SET, uid);

    if (failure != STORAGE_OK && !front->late)
        return failure;
    const enum storage_status status = front->behind.operations->set(front->behind.context, uid, flags, content);
    return failure != STORAGE_OK ? failure : status;
}

static enum storage_status front_get(void *context, uint64_t uid, uint32_t offset, struct bytes_out *out,
                                     struct storage_record *record)
{
    const struct store_front *front = context;
    const enum storage_status failure = front->judge(STORE_GET, uid);

    return failure != STORAGE_OK ? failure
                                 : front->behind.operations->get(front->behind.context, uid, offset, out, record);
}

static enum storage_status front_remove(void *context, uint64_t uid)
{
    const struct store_front *front = context;
    const enum storage_status failure = front->judge(STORE_REMOVE, uid);

    if (failure != STORAGE_OK && !front->late)
        return failure;
    const enum storage_status status = front->behind.operations->remove(front->behind.context, uid);
    return failure != STORAGE_OK ? failure : status;
}

static enum storage_status front_next(void *context, bool first, uint64_t *uid)
{
    const struct store_front *front = context;
    const enum storage_status failure = front->judge(STORE_NEXT, 0);

    return failure != STORAGE_OK ? failure : front->behind.operations->next(front->behind.context, first, uid);
}

static enum storage_status front_reserve(void *context, uint32_t size)
{
    const struct store_front *front = context;
    const enum storage_status failure = front->judge(STORE_RESERVE, 0);

    return failure != STORAGE_OK ? failure : front->behind.operations->reserve(front->behind.context, size);
}

static void front_release(void *context)
{
    const struct store_front *front = context;

    front->behind.operations->release(front->behind.context);
}

static enum storage_status front_has_room(void *context, uint32_t count, uint32_t size)
{
    const struct store_front *front = context;

    return front->behind.operations->has_room(front->behind.context, count, size);
}

void store_front_put(struct store_front *front, struct storage *storage, store_judge *judge)
{
    static const struct storage_operations operations = {
        .set = front_set,
        .get = front_get,
        .remove = front_remove,
        .next = front_next,
        .reserve = front_reserve,
        .release = front_release,
        .has_room = front_has_room,
    };

    *front = (struct store_front){.behind = *storage, .judge = judge};
    *storage = (struct storage){.operations = &operations, .context = front};
}
