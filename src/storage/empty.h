/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An empty, read-only store, for PSA to read when no store has been made yet. Writes return READ_ONLY. It has no state,
 * so one instance is enough.
 */
#ifndef IMPRINT_STORAGE_EMPTY_H
#define IMPRINT_STORAGE_EMPTY_H

#include "storage/storage.h"

void storage_empty_open(struct storage *storage);

#endif
