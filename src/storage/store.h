/* SPDX-License-Identifier: Apache-2.0 */
/* What lies in the room of a struct imprint_store (imprint/store.h), private to its sources and to psa/. */
#ifndef IMPRINT_STORAGE_STORE_H
#define IMPRINT_STORAGE_STORE_H

#include <imprint/store.h>

#include "storage/storage.h"

/* The beginning of every open store; the backend's own state follows it. All zero: closed. */
struct store_head {
    struct storage storage;
    void (*close)(struct imprint_store *store);
};

/* The beginning of `store`. */
struct store_head *store_head_of(struct imprint_store *store);

#endif
