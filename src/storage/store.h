/* SPDX-License-Identifier: Apache-2.0 */
/* The contents of a struct imprint_store (imprint/store.h), private to its sources and to psa/. */
#ifndef IMPRINT_STORAGE_STORE_H
#define IMPRINT_STORAGE_STORE_H

#include <imprint/store.h>

#include "storage/storage.h"

/* The first field of every store; the backend's state follows it. All zero: closed. */
struct store_head {
    struct storage storage;
    void (*close)(struct imprint_store *store);
};

/* Returns the first field of `store`. */
struct store_head *store_head_of(struct imprint_store *store);

#endif
