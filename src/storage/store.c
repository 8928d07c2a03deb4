/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/store.h"

#include <string.h>

#include "storage/flash.h"

struct flash_store {
    struct store_head head;
    struct storage_flash flash;
};
_Static_assert(sizeof(struct flash_store) <= sizeof(struct imprint_store), "struct imprint_store is too small");

struct store_head *store_head_of(struct imprint_store *store)
{
    return (void *)&store->private_part;
}

/* Nothing to release. */
static void close_flash(struct imprint_store *store)
{
    (void)store;
}

bool imprint_store_open_flash(struct imprint_store *store, const struct imprint_flash_device *device, bool create,
                              const char **problem)
{
    struct flash_store *opened = (void *)&store->private_part;
    struct error err = {.reason = ERROR_NONE};
    enum storage_status status;

    memset(store, 0, sizeof *store);
    status = storage_flash_open(&opened->flash, device, create, &opened->head.storage, &err);
    if (status == STORAGE_OK) {
        opened->head.close = close_flash;
        return true;
    }
    *problem = err.cause != NULL ? err.cause : storage_status_text(status);
    memset(store, 0, sizeof *store);
    return false;
}

void imprint_store_close(struct imprint_store *store)
{
    const struct store_head *head = store_head_of(store);

    if (head->close != NULL)
        head->close(store);
    memset(store, 0, sizeof *store);
}
