/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "storage/file.h"
#include "storage/store.h"

struct directory_store {
    struct store_head head;
    struct storage_file file;
};
_Static_assert(sizeof(struct directory_store) <= sizeof(struct imprint_store), "struct imprint_store is too small");

static void close_directory(struct imprint_store *store)
{
    struct directory_store *opened = (void *)&store->private_part;

    storage_file_close(&opened->file);
}

bool imprint_store_open_directory(struct imprint_store *store, const char *directory, bool create, const char *holder,
                                  const char **problem)
{
    struct directory_store *opened = (void *)&store->private_part;
    struct error err = {.reason = ERROR_NONE};

    memset(store, 0, sizeof *store);
    if (storage_file_open(&opened->file, directory, create, holder, NULL, &opened->head.storage, &err)) {
        opened->head.close = close_directory;
        return true;
    }
    *problem = err.cause != NULL ? err.cause : "the key store cannot be opened";
    memset(store, 0, sizeof *store);
    return false;
}
